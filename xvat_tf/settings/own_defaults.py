"""Defaults for data of a user: they follow from their size and number."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from xvat_tf.settings.groups import Settings
from xvat_tf.settings.values import resolve, to_values

# What is chosen where the user gives nothing.
CHOSEN = (
    *("network", "hidden_sizes", "batch_size", "ul_batch_size", "num_epochs"),
    *("num_iter_per_epoch", "epoch_decay_start", "epsilon"),
    "num_valid_examples",
)
_SMALLEST_SIDE = 12  # Of images that convolutions are for.
_EPOCH = 100  # Steps.
_PASSES = 20  # Over the images.
_FEWEST, _FEWER, _MOST = 500, 1_000, 3_000  # Steps.
# Pixels of an image that 1,500 steps take minutes with, on two cores.
_USUAL_PIXELS, _USUAL_STEPS = 32 * 32, 1_500
_LARGE, _FASTER = 64 * 64, 32
_BATCHES = {"batch_size": 32, "ul_batch_size": 128}
# Norm of r per square root of the number of entries: of digits and MNIST it
# is 0.125 and 0.07.
_EPSILON = 0.1


@dataclasses.dataclass(frozen=True)
class Extent:
    """Size and number of the inputs of a data set.

    Attributes:
        shape: Of an input.
        labeled: Number of training inputs with a label.
        unlabeled: Number of those without one.
        streamed: Number in a file of `--stream_dir`; 0 without one. Where it
            is not that of all others, the unlabeled are those of the file.
    """

    shape: tuple[int, ...]
    labeled: int
    unlabeled: int = 0
    streamed: int = 0

    @property
    def replaced(self) -> bool:
        """Whether the file holds others than the data set."""
        return self.streamed not in (0, self.labeled + self.unlabeled)

    @property
    def pixels(self) -> int:
        """Places of an image, or entries of a vector."""
        return max(math.prod(self.shape[:2]), 1)


def own_defaults(given: Mapping, extent: Extent) -> dict[str, Any]:
    """Chooses a network and steps for two cores: minutes, or an hour.

    Returns values by name: those of `CHOSEN` that are not given.
    """
    values = to_values(resolve(given))
    held_out = _held_out(extent, values) if values["validation"] else {}
    values |= held_out | dict(given)
    numbers = _numbers(values, extent)
    sizes = {
        name: _batch(size, numbers[name], values["shards"], extent)
        for name, size in _BATCHES.items()
    }
    sizes |= {name: given[name] for name in sizes if name in given}
    passes = max(numbers[name] / size for name, size in sizes.items())
    each = given.get("num_iter_per_epoch", _EPOCH)
    epochs = max(1, round(_steps(extent, _PASSES * passes) / each))
    epochs = given.get("num_epochs", epochs)
    chosen = {
        **_network(extent, given),
        **sizes,
        "num_epochs": epochs,
        "num_iter_per_epoch": each,
        "epoch_decay_start": max(1, epochs * 2 // 3),
        **_epsilon(extent, values),
        **held_out,
    }
    return {name: v for name, v in chosen.items() if name not in given}


def _numbers(values, extent):
    """Images that each batch is drawn from."""
    held_out = values["num_valid_examples"] if values["validation"] else 0
    rest = extent.labeled - held_out
    labeled = values["num_labeled_examples"] or rest
    unlabeled = values["num_unlabeled_examples"] or rest + extent.unlabeled
    if extent.replaced:
        unlabeled = extent.streamed
    return {"batch_size": labeled, "ul_batch_size": unlabeled}


def _held_out(extent, values):
    """A fifth of the labeled images, where that is less than usual."""
    fifth = max(extent.labeled // 5, 1)
    usual = values["num_valid_examples"]
    return {"num_valid_examples": fifth} if fifth < usual else {}


def _batch(size, number, strata, extent):
    """A part of the usual size for large images; as many of each stratum."""
    if extent.pixels > _LARGE:
        size //= 2 if extent.pixels <= 4 * _LARGE else 4
    size = min(size, max(number, 1))
    return max(size - size % strata, strata)


def _steps(extent, wanted):
    most = _USUAL_STEPS * _USUAL_PIXELS / extent.pixels
    most = min(max(most, _FEWEST), _MOST)
    return min(max(wanted, _FEWER), most)


def _network(extent, given):
    if "network" in given:
        return {}
    if len(extent.shape) > 1 and min(extent.shape[:2]) >= _SMALLEST_SIDE:
        return {"network": "cnn"}
    return {"network": "mlp", "hidden_sizes": (256, 256)}


def _epsilon(extent, values):
    """A norm of r that grows with the input, for methods that have one."""
    if "epsilon" not in values:
        return {}
    entries = 1 if values.get("norm") == "linf" else math.prod(extent.shape)
    return {"epsilon": float(f"{_EPSILON * math.sqrt(entries):.2g}")}


def describe(chosen: Mapping, settings: Settings, extent: Extent) -> str:
    """Says what was chosen, why, and how to change it."""
    shape = "x".join(map(str, extent.shape))
    steps, is_image = settings.train.num_steps, len(extent.shape) > 1
    number = max(extent.labeled + extent.unlabeled, extent.streamed)
    is_large = is_image and extent.pixels > _LARGE
    text = (
        f"chose {settings.network.network} and"
        f" {steps:,} step{'s' * (steps != 1)} for"
        f" {number:,} training"
        f" {'images' if is_image else 'vectors'} of {shape}, to end"
        f" {'within an hour' if is_large else 'in minutes'} on two cores."
        " To change that, give other values of"
        f" {' '.join(f'--{n}={_text(v)}' for n, v in chosen.items())}."
    )
    if is_large:
        text += f" Smaller images are faster, such as --image_size={_FASTER}."
    return text


def _text(value):
    return ",".join(map(str, value)) if isinstance(value, tuple) else value
