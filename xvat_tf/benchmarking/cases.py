"""What is timed: networks and methods, and their settings."""

import dataclasses
from collections.abc import Mapping

from xvat_tf import methods, networks
from xvat_tf.datasets import find_dataset
from xvat_tf.settings import Settings, resolve


def timed_networks() -> dict[str, Mapping]:
    """Settings by name of every case that a network declares."""
    return {
        case: given
        for network in networks.NETWORKS.values()
        for case, given in network.timed.items()
    }


def timed_methods() -> dict[str, Mapping]:
    """Settings by name of every variant of a method."""
    return {
        f"{name}{suffix}": {"method": name, **options}
        for name, method in methods.METHODS.items()
        for suffix, options in method.variants.items()
    }


_LOW_PRECISION_XI = 0.1


@dataclasses.dataclass(frozen=True)
class Case:
    """One method on one network, keys of `timed_methods`, `timed_networks`.

    The table has a row for each unlabeled image.
    """

    network: str
    method: str
    settings: Settings
    image_shape: tuple[int, ...]
    num_classes: int
    table_rows: int


def make_case(
    network: str, method: str, options: Mapping, table_rows: int | None = None
) -> Case:
    """The case with the settings that a run of it has by default.

    But for other options by name, which must be possible, and `table_rows`
    unlabeled images; None takes as many as the data set has.
    """
    given = {**timed_networks()[network], **timed_methods()[method], **options}
    low = given.get("precision", "float32") != "float32"
    if low or given.get("tf32"):
        given.setdefault("xi", _LOW_PRECISION_XI)
    dataset = find_dataset(given["dataset"])
    return Case(
        network,
        method,
        resolve(given),
        dataset.shape,
        dataset.num_classes,
        table_rows or dataset.num_unlabeled,
    )
