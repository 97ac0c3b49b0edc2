"""What one run is made of: data, network, method and training, frozen.

Every field is an `xvat_tf.option`, so a setting is written down once. The
values here and in `methods` are those of the official VAT scripts
(takerum/vat_tf: train_semisup.py, cnn.py, layers.py, vat.py, cifar10.py);
`values.py` replaces them per data set.
"""

import dataclasses
import functools

from xvat_tf.datasets import DATASETS
from xvat_tf.methods import METHODS, Method, Pass, method_options
from xvat_tf.networks import NETWORKS
from xvat_tf.option import Option, option, options

DATA_DIR_DEFAULT = "TFDS_DATA_DIR, or ~/tensorflow_datasets"
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
_LARGEST_SEED = 2**32 - 1
# Options that have headings of their own in `--help`.
_streaming = functools.partial(option, topic="unlabeled images beyond memory")
_labels = functools.partial(option, topic="labels and evaluation images")
_batch_norm = functools.partial(option, topic="batch norm")
_output = functools.partial(
    option, topic="run folder, TensorBoard, checkpoints"
)
_evaluation = functools.partial(option, topic="evaluation while training")
_machine = functools.partial(option, topic="machine and precision")


@dataclasses.dataclass(frozen=True)
class DataSettings:
    """Which images, how scaled, which of them labeled."""

    dataset: str = option(
        "cifar10",
        "Data set. tfds:NAME is any image classification data set of"
        " tensorflow-datasets, by its name there. For this, arrays and folder"
        " the defaults of network, batches, steps and epsilon follow from size"
        " and number of the images.",
        DATASETS,
        also="tfds:NAME",
    )
    data_dir: str = option(
        "~/tensorflow_datasets",
        "Folder of prepared tensorflow-datasets (its data_dir).",
        shown=DATA_DIR_DEFAULT,
        place=True,
        path=True,
    )
    arrays_file: str = option(
        "",
        "For --dataset=arrays: a .npz file with x_train, y_train, x_test,"
        " y_test and optionally x_unlabeled. A run knows the file by its"
        " content, so you may move it.",
        place=True,
        path=True,
    )
    images_dir: str = option(
        "",
        "For --dataset=folder: a folder with a folder of images for each"
        " class, or with train/ and test/ that have those. Images directly in"
        " it, or in unlabeled/, have no label (docs/own-data.md).",
        place=True,
        path=True,
    )
    image_size: int = option(
        0,
        "For --dataset=folder and tfds:NAME: cut the largest square out of the"
        " middle of each image and resize it to this side; 0 leaves images as"
        " they are.",
        at_least=0,
    )
    test_share: float = _labels(
        0.2,
        "For --dataset=folder and tfds:NAME where there are no test images:"
        " share of each class that is held out, drawn with dataset_seed.",
        above=0,
        below=1,
    )
    skip_broken_images: bool = option(
        False,
        "For --dataset=folder: name and leave out files that cannot be"
        " decoded, instead of refusing them.",
    )
    channels: str = option(
        "auto",
        "Axis of the channels in --arrays_file. first transposes the images;"
        " auto takes the last axis, and refuses images that look like"
        " channels first.",
        ("auto", "last", "first"),
    )
    supervised: bool = _labels(
        False, "Use the labels of all training images, and no unlabeled batch."
    )
    num_labeled_examples: int = _labels(
        4000, "Number of labeled training images; 0 takes all.", at_least=0
    )
    num_unlabeled_examples: int = _labels(
        0,
        "Number of unlabeled images, drawn with dataset_seed from those"
        " without labels. 0 takes all training images, including the labeled"
        " ones, as in vat_tf.",
        at_least=0,
    )
    num_valid_examples: int = _labels(
        1000, "Training images that --validation holds out.", at_least=0
    )
    dataset_seed: int = _labels(
        1,
        "Seed of the split into labeled, unlabeled and held-out images.",
        at_least=0,
        at_most=_LARGEST_SEED,
    )
    validation: bool = _labels(
        False, "Evaluate on held-out training images instead of the test set."
    )
    pixel_range: str = option(
        "centered",
        "Range of 8-bit images: centered is [-0.5, 0.5], unit is [0, 1].",
        ("centered", "unit"),
    )
    zca: bool = option(
        False, "Whiten the images (ZCA), as the official VAT code does."
    )
    aug_trans: bool = option(
        False, "Augment: shift images by up to 2 pixels, with zero padding."
    )
    aug_flip: bool = option(
        False, "Augment: flip images left to right at random."
    )
    streaming: bool = _streaming(
        False,
        "Read unlabeled images from a file, each when it is needed.",
        place=True,
    )
    stream_dir: str = _streaming(
        "",
        "Folder of the file, images.npy; if it has none, the images of the data"
        " set are written there first. Empty: a folder in data_dir.",
        place=True,
        path=True,
    )

    @property
    def evaluated_on(self) -> str:
        """Which images accuracies are of: `"test"` or `"validation"`."""
        return "validation" if self.validation else "test"

    @property
    def own_files(self) -> dict[str, str]:
        """Where data of the user lie, by flag; empty for other data sets."""
        places = {n: getattr(self, n) for n in ("arrays_file", "images_dir")}
        return {name: place for name, place in places.items() if place}


@dataclasses.dataclass(frozen=True)
class NetworkSettings:
    """The classifier."""

    network: str = option(
        "conv13",
        "Classifier: "
        + ", ".join(f"{name} ({n.text})" for name, n in NETWORKS.items())
        + "; module:function is one of your own.",
        NETWORKS,
        also="module:function",
    )
    hidden_sizes: tuple[int, ...] = option(
        (1200, 1200), "Units in the hidden layers of mlp.", above=0
    )
    width: float = option(
        1.0,
        "Factor on the filters of convolutional networks; on a CPU, give conv13"
        " 0.25.",
        at_least=1 / 128,
    )
    keep_prob_hidden: float = option(
        0.5, "Probability that dropout keeps a unit.", above=0, at_most=1
    )
    lrelu_a: float = option(
        0.1, "Slope of LeakyReLU below zero; 0 makes it ReLU.", at_least=0
    )
    initial_weights: str = option(
        "truncated_normal",
        "Distribution of the classifier's initial weights. truncated_normal:"
        " variance 2 / fan-in, as in vat_tf; uniform: within sqrt(6 /"
        " fan-in), as in the released code for moons; normal: variance 1 /"
        " fan-in, as in its scripts for mnist.",
        ("truncated_normal", "uniform", "normal"),
    )
    initial_scale: float = option(
        1.0, "Factor on the classifier's initial weights.", above=0
    )
    top_bn: bool = _batch_norm(False, "Batch norm on the logits.")
    top_bn_affine: bool = _batch_norm(
        False, "Learn scale and offset of top_bn, whatever --bn_affine says."
    )
    bn_stats_decay_factor: float = _batch_norm(
        0.99, "Decay per step of moving statistics.", at_least=0, below=1
    )
    bn_statistics: str = _batch_norm(
        "labeled",
        "Batch that updates the moving statistics: labeled, as in both"
        " reference programs, or unlabeled.",
        ("labeled", "unlabeled"),
    )
    bn_epsilon: float = _batch_norm(
        1e-6, "Added to the variance in batch norm.", above=0
    )
    bn_affine: bool = _batch_norm(True, "Learn scale and offset in batch norm.")
    hidden_noise: float = option(
        0.0,
        "Standard deviation of Gaussian noise after every batch norm except"
        " the one on the logits, in the perturbed pass only; not for"
        " moons_mlp.",
        at_least=0,
    )
    sync_bn: bool = _batch_norm(
        False,
        "Compute batch norm over the batches of all replicas, not over each"
        " replica's own.",
    )


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """Batches, schedule, run folder, machine."""

    log_dir: str = _output(
        "",
        "Run folder. Empty: a folder in runs/, named after the settings.",
        place=True,
        path=True,
    )
    seed: int = option(
        1,
        "Seed of weights, batches and noise.",
        at_least=0,
        at_most=_LARGEST_SEED,
    )
    batch_size: int = option(
        32, "Labeled images per batch, over all replicas.", above=0
    )
    ul_batch_size: int = option(
        128, "Unlabeled images per batch, over all replicas.", above=0
    )
    eval_batch_size: int = _evaluation(
        100, "Images per evaluation batch.", above=0
    )
    eval_freq: int = _evaluation(5, "Epochs between evaluations.", above=0)
    num_epochs: int = option(
        120, "Number of epochs, of num_iter_per_epoch steps each.", above=0
    )
    num_iter_per_epoch: int = option(400, "Steps per epoch.", above=0)
    optimizer: str = option(
        "adam", "Optimizer of the classifier.", ("adam", "sgd")
    )
    momentum: float = option(
        0.9, "For sgd: the momentum; 0 for none.", at_least=0, below=1
    )
    learning_rate: float = option(
        0.001, "Initial learning rate of the classifier.", above=0
    )
    mom1: float = option(0.9, "Initial beta_1 of Adam.", at_least=0, below=1)
    mom2: float = option(
        0.5, "beta_1 of Adam once the rate decays.", at_least=0, below=1
    )
    lr_schedule: str = option(
        "linear",
        "linear: constant until epoch_decay_start, then down to 0."
        " exponential: multiplied by lr_decay every lr_decay_steps.",
        ("linear", "exponential"),
    )
    epoch_decay_start: int = option(
        80, "Epoch at which the linear decay starts.", at_least=0
    )
    lr_decay: float = option(
        0.95, "Factor of the exponential schedule.", above=0, at_most=1
    )
    lr_decay_steps: int = option(
        500, "Steps between two multiplications by lr_decay.", above=0
    )
    ema_decay: float = option(
        0.0,
        "Decay per step of a moving average of the weights, which is evaluated"
        " in addition to them; 0 for none.",
        at_least=0,
        below=1,
    )
    log_freq: int = _output(50, "Steps between TensorBoard points.", above=0)
    panel_freq: int = _output(
        5,
        "Epochs between TensorBoard panels: pictures, histograms and, where"
        " evaluated, the confusion matrix; 0 for none.",
        at_least=0,
        place=True,
    )
    checkpoint_steps: int = _output(
        0,
        "Steps between checkpoints; 0 saves once per epoch. The best"
        " evaluation, an interruption and the end are also saved.",
        at_least=0,
        place=True,
    )
    checkpoint_minutes: float = _output(
        10.0, "Most minutes between checkpoints.", above=0, place=True
    )
    keep_checkpoints: int = _output(
        3, "Newest checkpoints to keep, besides the best.", above=0, place=True
    )
    snapshot_epochs: int = _output(
        0,
        "Epochs between snapshots of the weights, from which figures show"
        " the course of training; 0 keeps none.",
        at_least=0,
        place=True,
    )
    device: str = _machine(
        "/gpu:0", "Device to compute on; without a GPU the CPU.", place=True
    )
    distribute: str = _machine(
        "none",
        "none: one device. mirrored: all GPUs of this machine. multiworker:"
        " the processes that TF_CONFIG names (docs/scaling.md).",
        ("none", "mirrored", "multiworker"),
        place=True,
    )
    shards: int = _machine(
        1,
        "Number of strata (image index modulo shards) that each batch draws"
        " from equally. With multiworker and a mask table it must be a"
        " multiple of the number of workers.",
        above=0,
    )
    dtype: str = _machine(
        "float32", "Arithmetic; float64 to compare.", ("float32", "float64")
    )
    precision: str = _machine(
        "float32",
        "Precision of the passes through the classifier. Weights, logits,"
        " divergences, masks and norms stay float32.",
        PRECISIONS,
    )
    tf32: bool = _machine(
        False,
        "On a GPU, round the factors of float32 products to 11 bits, which"
        " is faster. When off, results are those of a CPU and of vat_tf, up"
        " to the order of sums.",
    )
    xla: bool = _machine(
        False, "Compile the step with XLA, which draws other random numbers."
    )
    deterministic: bool = _machine(
        False,
        "On a GPU, use only operations that give the same bits every time;"
        " slower. A CPU does so anyway.",
    )

    steps_per_execution: int = _machine(
        0,
        "Steps in one call of the compiled loop. Results do not depend on it."
        " 0: as many as take a quarter of a second.",
        at_least=0,
        place=True,
    )

    @property
    def num_steps(self) -> int:
        """Steps of the whole run."""
        return self.num_epochs * self.num_iter_per_epoch

    @property
    def arithmetic(self) -> str:
        """How a step is computed, in words: `"float32, TF32 products"`."""
        mixed = self.precision != "float32"
        said = {
            "TF32 products": self.tf32,
            "XLA": self.xla,
            "deterministic": self.deterministic,
        }
        chosen = [words for words, holds in said.items() if holds]
        return ", ".join([self.precision if mixed else self.dtype, *chosen])


@dataclasses.dataclass(frozen=True)
class Settings:
    """All settings of one run."""

    data: DataSettings
    network: NetworkSettings
    method: Method
    train: TrainSettings

    @property
    def uses_unlabeled(self) -> bool:
        """Whether batches carry unlabeled images: semi-supervised LDS."""
        return not (self.data.supervised or self.method.needs_labels)

    @property
    def labeled_rows(self) -> bool:
        """Whether labeled images have rows of their own in a mask table."""
        return self.uses_unlabeled and (
            self.method.regularises_labeled
            or self.data.num_unlabeled_examples > 0
        )

    def passes(self) -> list[Pass]:
        """The passes that a step cannot do without, the labeled one first."""
        train = self.train
        return self.method.passes(
            train.batch_size,
            train.ul_batch_size if self.uses_unlabeled else None,
        )


def option_groups() -> dict[str, dict[str, Option]]:
    """Lists every flag of a run, by group and name."""
    titles = [f"{name}: {method.title}." for name, method in METHODS.items()]
    method = Option(
        str, "vat", " ".join([*titles, "baseline is mle."]), METHODS
    )
    return {
        "data": options(DataSettings),
        "network": options(NetworkSettings),
        "method": {"method": method, **method_options()},
        "train": options(TrainSettings),
    }


def options_by_name() -> dict[str, Option]:
    """Lists every flag of a run by its name."""
    known: dict[str, Option] = {}
    for group in option_groups().values():
        known |= group
    return known
