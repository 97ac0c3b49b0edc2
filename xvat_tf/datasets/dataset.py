"""One entry of the registry of data sets, and the registry."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.option import require_choice

TFDS = "tfds:"


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set before it is read.

    Attributes:
        name: Value of `--dataset`.
        loader: Where it is read, `module:function`, of `DataSettings` to a
            `data.sources.Source`.
        defaults: Settings of runs on it that differ from the official ones.
        supervised: The same with `--supervised`, in addition.
        shape: Of an input; empty if only the file says so.
        num_classes: Of its labels; 0 if only the file says so.
        num_unlabeled: Images without their labels; rows of a mask table.
        labels_by_class: Whether as many images of each class are labeled;
            otherwise the first of a permutation are.
        holds_out_labeled: Whether `--validation` holds out labeled images, as
            the official CIFAR-10 script; otherwise others.
        zero_background: Whether its images are strokes on a ground of 0 in
            [0, 1], which a mask cannot perturb.
        whitens: Whether `--zca` is for it.
        resizes: Whether `--image_size` is for it.
        measure: Where size and number of its images are read, like `loader`,
            to a `settings.own_defaults.Extent`; empty for a known data set.
        before: What is done to its values before they are 8-bit pixels.
    """

    name: str
    loader: str
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    supervised: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    shape: tuple[int, ...] = ()
    num_classes: int = 0
    num_unlabeled: int = 0
    labels_by_class: bool = True
    holds_out_labeled: bool = False
    zero_background: bool = False
    whitens: bool = False
    resizes: bool = False
    measure: str = ""
    before: str = ""

    @property
    def is_planar(self) -> bool:
        """Whether its inputs are points of a plane, and no pictures."""
        return len(self.shape) == 1

    @property
    def side(self) -> int | None:
        """The shorter side of its images, 0 of points; None if unknown."""
        if not self.shape:
            return None
        return 0 if self.is_planar else min(self.shape[:2])


DATASETS: dict[str, Dataset] = {}


def register(*datasets: Dataset) -> None:
    """Makes data sets known by their names, to every command."""
    DATASETS.update({dataset.name: dataset for dataset in datasets})


def find_dataset(name: str) -> Dataset:
    """Finds a data set by its name; `tfds:NAME` needs no entry."""
    if name.startswith(TFDS) and name != TFDS:
        return Dataset(
            name,
            "xvat_tf.data.prepared_sets:load_prepared_set",
            defaults={"num_labeled_examples": 0, "eval_freq": 1},
            resizes=True,
            measure="xvat_tf.data.prepared_sets:measure_prepared_set",
        )
    require_choice("dataset", name, (*DATASETS, f"{TFDS}NAME"))
    return DATASETS[name]
