"""Small programs of our own under the names of the reference programs."""

import pathlib
import textwrap

_LAYERS = """
import tensorflow as tf

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_float("bn_stats_decay_factor", 0.99, "")


def ce_loss(logit, y):
    return -tf.reduce_mean(tf.reduce_sum(y * tf.nn.log_softmax(logit), 1))


def kl_divergence_with_logit(p, q):
    log_p, log_q = tf.nn.log_softmax(p), tf.nn.log_softmax(q)
    kl = tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), range(1, 2))
    return tf.reduce_mean(kl)


def bn(x, name, training, update):
    n = x.shape[-1]
    make = lambda end, **more: tf.get_variable(name + end, [n], **more)
    gamma, beta = make("_gamma"), make("_beta")
    mean, var = (make(e, trainable=False) for e in ("_mean", "_var"))
    if not training:
        return gamma * (x - mean) / tf.sqrt(var + 1e-6) + beta
    now, spread = tf.nn.moments(x, list(range(len(x.shape) - 1)))
    count = tf.to_float(tf.size(x)) / tf.to_float(n)
    decay, moves = FLAGS.bn_stats_decay_factor, []
    if update:
        new = spread * count / (count - 1)
        moves = [tf.assign(old, decay * old + (1 - decay) * value)
                 for old, value in ((mean, now), (var, new))]
    with tf.control_dependencies(moves):
        return gamma * (x - now) / tf.sqrt(spread + 1e-6) + beta
"""
# conv13 at an eighth of its width.
_CNN = """
import tensorflow as tf
import layers

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_float("keep_prob_hidden", 0.5, "")
WIDTHS = (3, 16, 16, 16, 32, 32, 32, 64, 32, 16)


def logit(x, training, update):
    for i in range(1, 10):
        size = 1 if i > 7 else 3
        w = tf.get_variable(f"c{i}_W", [size, size, *WIDTHS[i - 1:i + 1]])
        x = tf.nn.conv2d(x, w, 1, "VALID" if i == 7 else "SAME")
        x = layers.bn(x, f"b{i}", training, update)
        x = tf.maximum(x, 0.1 * x)
        if i in (3, 6):
            x = tf.nn.max_pool(x, 2, 2, "SAME")
            if training:
                x = tf.nn.dropout(x, FLAGS.keep_prob_hidden, seed=i)
    w, b = tf.get_variable("fc_W", [16, 10]), tf.get_variable("fc_b", [10])
    return tf.matmul(tf.reduce_mean(x, [1, 2]), w) + b
"""
_VAT = """
import tensorflow as tf
import cnn
import layers

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_float("epsilon", 8.0, "")
tf.app.flags.DEFINE_float("xi", 1e-6, "")


def forward(x, is_training=True, update_batch_stats=True):
    return cnn.logit(x, is_training, update_batch_stats)


def unit(d):
    axes = range(1, len(d.shape))
    d /= 1e-12 + tf.reduce_max(tf.abs(d), axes, keep_dims=True)
    return d / tf.sqrt(1e-6 + tf.reduce_sum(d * d, axes, keep_dims=True))


def generate_virtual_adversarial_perturbation(x, logit):
    d = FLAGS.xi * unit(tf.random_normal(tf.shape(x)))
    moved = forward(x + d, update_batch_stats=False)
    d = tf.gradients(layers.kl_divergence_with_logit(logit, moved), d)[0]
    return tf.stop_gradient(FLAGS.epsilon * unit(d))


def virtual_adversarial_loss(x, logit):
    r = generate_virtual_adversarial_perturbation(x, logit)
    moved = forward(x + r, update_batch_stats=False)
    return layers.kl_divergence_with_logit(tf.stop_gradient(logit), moved)
"""
_TRAIN = """
import tensorflow as tf
import layers as L
import vat
from cifar10 import inputs, unlabeled_inputs

FLAGS = tf.app.flags.FLAGS
tf.app.flags.DEFINE_float("learning_rate", 0.001, "")
tf.app.flags.DEFINE_float("mom1", 0.9, "")


def build_training_graph(x, y, ul_x, lr, mom):
    count = tf.get_variable("global_step", [], trainable=False)
    loss = L.ce_loss(vat.forward(x), y)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        if FLAGS.method == "vat":
            clean = vat.forward(ul_x, update_batch_stats=False)
            loss += vat.virtual_adversarial_loss(ul_x, clean)
    adam = tf.train.AdamOptimizer(learning_rate=lr, beta1=mom)
    return loss, adam.minimize(loss, global_step=count), count
"""
_OFFICIAL = {
    "layers.py": _LAYERS,
    "cnn.py": _CNN,
    "vat.py": _VAT,
    "train_semisup.py": _TRAIN,
}
_MODELS = """
import torch
from torch.nn.functional import batch_norm


class MLP(torch.nn.Module):
    def __init__(self, args):
        super().__init__()
        sizes = args.layer_sizes
        self.layers = torch.nn.ModuleList(
            torch.nn.Linear(*pair) for pair in zip(sizes, sizes[1:]))
        self.bn = torch.nn.BatchNorm1d(sizes[-1])

    def forward(self, x, update_batch_stats=True):
        x = x.flatten(1)
        for layer in self.layers:
            x = torch.relu(layer(x))
        if update_batch_stats:
            return self.bn(x)
        return batch_norm(x, None, None, self.bn.weight, self.bn.bias, True)


class CNN9(torch.nn.Module):
    def __init__(self, args):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, args.num_classes, 3)
        self.bn = torch.nn.BatchNorm1d(args.num_classes)

    def forward(self, x, update_batch_stats=True):
        x = self.conv(x).mean((2, 3))
        return self.bn(x) if update_batch_stats else x
"""
_LOSSES = """
import torch
from torch.nn import functional


def distance(p, q):
    return functional.cross_entropy(q, p.detach().softmax(1))


class VAT:
    def __init__(self, args):
        self.args = args

    def __call__(self, model, image):
        clean = model(image, update_batch_stats=False)
        d = (self.args.xi * torch.randn(image.shape)).requires_grad_()
        distance(clean, model(image + d, update_batch_stats=False)).backward()
        moved = image + self.args.eps * functional.normalize(d.grad)
        return distance(clean, model(moved, update_batch_stats=False))


class L0Layer:
    def __init__(self, args):
        pass


class InductiveGenerator(torch.nn.Module):
    def __init__(self, args):
        super().__init__()
        channels = 1 if args.dataset == "mnist" else 3
        self.conv = torch.nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, images):
        return self.conv(images)


class L0VATOne:
    def __init__(self, args):
        pass

    def __call__(self, model, images, log_alpha, layer, kl_way):
        clean = model(images, update_batch_stats=False)
        mask = log_alpha.sigmoid()
        moved = images * mask
        moved = model(moved, update_batch_stats=False)
        return distance(clean, moved) + mask.mean(), mask


class IndL0VATOne(L0VATOne):
    def __call__(self, model, images, generator, layer, kl_way):
        log_alpha = generator(images)
        return super().__call__(model, images, log_alpha, layer, kl_way)
"""
_RELEASED = {
    "ExpUtils.py": "",
    "torch_func/utils.py": "",
    "models/CNN.py": _MODELS,
    "models/MLP.py": _MODELS,
    "models/GeneratorNN.py": "",
    "Loss/VAT.py": _LOSSES,
    "Loss/L0Layer.py": _LOSSES,
    "Loss/L0VATOne.py": _LOSSES,
    "Loss/IndL0VATOne.py": _LOSSES,
    "Loss/LocationGenerator.py": _LOSSES,
}


def write_official(folder: pathlib.Path) -> pathlib.Path:
    """Writes the stand-in for takerum/vat_tf; returns the folder."""
    return _write(folder, _OFFICIAL)


def write_released(folder: pathlib.Path) -> pathlib.Path:
    """Writes the stand-in for sndnyang/xvat; returns the folder."""
    return _write(folder, _RELEASED)


def _write(folder, sources):
    for name, text in sources.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    return folder
