"""A training loop of one's own: no Trainer, no fit, the functions alone.

    python examples/own_loop.py

50 labeled digits; divergence under an added vector (VAT), then under a mask.
"""

import keras
import tensorflow as tf
from sklearn.datasets import load_digits

import xvat_tf


def added(passes, x, clean):
    how = {"epsilon": 1.0, "num_power_iterations": 1}
    with passes.untaped():
        r = xvat_tf.virtual_adversarial_perturbation(
            passes.traceless, x, clean, tf.random.normal(x.shape), **how
        )
    return xvat_tf.kl_divergence(clean, passes.traceless(x + r))


def masked(passes, x, clean):
    noise = tf.random.uniform(x.shape)
    mask = xvat_tf.HardConcrete().sample_from_noise(tf.zeros_like(x), noise)
    return xvat_tf.mask_divergence(passes.traceless, x, mask, clean)


def train(divergence, x, y, batches):
    layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((64,)), *layers])
    variables, optimizer = model.trainable_variables, keras.optimizers.Adam()
    optimizer.build(variables)

    @tf.function
    def step(unlabeled):
        with tf.GradientTape() as tape:
            passes = xvat_tf.TrainingPasses(model, tape)
            loss = tf.reduce_mean(xvat_tf.cross_entropy(y, passes.stateful(x)))
            clean = tf.stop_gradient(passes.traceless(unlabeled))
            loss += tf.reduce_mean(divergence(passes, unlabeled, clean))
        optimizer.apply(tape.gradient(loss, variables), variables)

    for unlabeled in batches:
        step(unlabeled)
    return model


if __name__ == "__main__":
    x, y = load_digits(return_X_y=True)
    x = (x / 16 - 0.5).astype("float32")
    stream = tf.data.Dataset.from_tensor_slices(x[50:1297])
    stream = stream.shuffle(1247, seed=0).repeat().batch(200, True).take(300)
    for way in (added, masked):
        keras.utils.set_random_seed(0)
        found = train(way, x[:50], y[:50], stream)
        right = found.predict(x[1297:], verbose=0).argmax(1) == y[1297:]
        print(f"{way.__name__}: accuracy {right.mean():.4f}")
