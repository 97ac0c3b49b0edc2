"""Which images are labeled and held out, by seed: equal or not."""

from collections.abc import Mapping

import numpy as np

from xvat_tf.data.splits import make_split
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute
from xvat_tf.settings import resolve

_SVHN_IMAGES, _CLASSES = 73257, 10
_SVHN_SEEDS, _CIFAR_SEEDS = (1, 2, 3, 4, 5), (1, 2)
_MNIST = ("labeled100_seed1", "labeled100_seed2", "labeled1000_seed1")


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares index lists, which must be equal."""
    return [*_check_svhn(arrays), *_check_balanced(arrays)]


def _check_svhn(arrays):
    labels = np.zeros(_SVHN_IMAGES, np.int32)
    for seed in _SVHN_SEEDS:
        keys = f"svhn_labeled_seed{seed}", f"svhn_valid_seed{seed}"
        labeled, valid = (arrays[key] for key in keys)
        split = _split("svhn", seed, labels, len(labeled), len(valid))
        yield absolute(keys[0], split.labeled, labeled, 0.0)
        yield absolute(keys[1], split.validation, valid, 0.0)


def _check_balanced(arrays):
    cases = [("cifar", f"labeled_seed{seed}") for seed in _CIFAR_SEEDS]
    cases += [("mnist", name) for name in _MNIST]
    for family, name in cases:
        expected = arrays[f"{family}_{name}"]
        dataset = {"cifar": "cifar10"}.get(family, family)
        labels = arrays[f"{family}_standin_labels"]
        seed = int(name.rpartition("seed")[2])
        split = _split(dataset, seed, labels, len(expected))
        yield absolute(f"{family}_{name}", split.labeled, expected, 0.0)


def _split(dataset, seed, labels, num_labeled, num_valid=0):
    data = resolve(
        {
            "dataset": dataset,
            "dataset_seed": seed,
            "num_labeled_examples": num_labeled,
            "num_valid_examples": num_valid,
            "validation": num_valid > 0,
        }
    ).data
    return make_split(data, labels, _CLASSES)
