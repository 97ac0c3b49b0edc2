"""What a run is, in one paragraph at its beginning."""

import math
import pathlib
import textwrap

import tensorflow as tf

from xvat_tf.data import PreparedData
from xvat_tf.files.tables import counted
from xvat_tf.settings import Settings
from xvat_tf.training.trainer import Trainer

_WIDTH = 79


def opening(
    settings: Settings,
    data: PreparedData,
    trainer: Trainer,
    folder: pathlib.Path,
) -> str:
    """Data, network, length, device and folder of a run, in 80 columns."""
    train = settings.train
    parts = [
        f"{settings.method.name} on {settings.data.dataset}:"
        f" {_images(settings, data)}.",
        f"Network {settings.network.network}: {_networks(trainer)}.",
        f"{counted(train.num_steps, 'step')}"
        f" ({counted(train.num_epochs, 'epoch')} of"
        f" {train.num_iter_per_epoch:,}) on {_devices(trainer.distribution)},"
        f" {train.arithmetic}.",
        f"Run folder: {folder}",
    ]
    return textwrap.fill(
        " ".join(parts), _WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _images(settings, data):
    shape = data.image_shape
    what = f"vectors of {shape[0]}"
    if len(shape) > 1:
        what = f"images of {'x'.join(map(str, shape))}"
    counts = [f"{len(data.labeled_images):,} labeled"]
    if settings.uses_unlabeled:
        counts.append(f"{len(data.unlabeled_images):,} unlabeled")
    last = f"{len(data.test_images):,} {settings.data.evaluated_on}"
    return f"{', '.join(counts)} and {last} {what}"


def _networks(trainer):
    text = f"{_parameters(trainer.classifier):,} parameters"
    if trainer.generator is None:
        return text
    return f"{text}, and {_parameters(trainer.generator):,} of the masks"


def _parameters(network):
    return sum(math.prod(v.shape) for v in network.trainable_variables)


def _devices(distribution):
    if distribution.strategy is not None:
        return f"{distribution.num_replicas} replicas"
    # "/job:localhost/replica:0/task:0/device:CPU:0"
    return tf.constant(0).device.rpartition("/device:")[2]
