"""Which training images are labeled, held out, unlabeled.

Index lists follow the preparation scripts of the official code, so that the
same seed gives the same labeled images wherever those scripts are seeded.
"""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np

from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Positions of images, each once per list.

    Attributes:
        labeled: int64, `(labeled,)`, positions among the training images.
        validation: int64, `(held_out,)`, positions among the training
            images, in no other list; empty without a validation part.
        unlabeled: int64, `(unlabeled,)`, ascending. Contains `labeled`;
            `n + i` is extra image `i` where `n` training images exist. With
            `num_unlabeled_examples` it contains none of `labeled`.
        streamed: Digest of the file whose images `unlabeled` counts, where
            it replaces the list; else empty.
    """

    labeled: np.ndarray
    validation: np.ndarray
    unlabeled: np.ndarray
    streamed: str = ""

    @property
    def sha256(self) -> str:
        """Hex digest of the three lists, their lengths, and `streamed`."""
        digest = hashlib.sha256(self.streamed.encode())
        for positions in (self.labeled, self.validation, self.unlabeled):
            digest.update(np.asarray(len(positions), "<i8").tobytes())
            digest.update(np.asarray(positions, "<i8").tobytes())
        return digest.hexdigest()

    def save(self, file) -> None:
        """Writes the three lists to an open file, as a compressed .npz."""
        np.savez_compressed(
            file,
            labeled=self.labeled,
            validation=self.validation,
            unlabeled=self.unlabeled,
        )


def make_split(
    data: DataSettings,
    labels: np.ndarray,
    num_classes: int,
    num_extra: int = 0,
    class_names: Sequence[str] = (),
) -> Split:
    """Draws the labeled and the held-out images with `--dataset_seed`.

    SVHN takes the first images of a permutation, whatever their class; every
    other data set takes equally many of each class. The unlabeled images are
    all training images but the held-out ones, and all extra images; or
    `num_unlabeled_examples` of those that are not labeled.

    Args:
        data: Data set, seed and numbers of images.
        labels: Integers, `(n,)`, values in [0, num_classes).
        num_classes: Number of classes.
        num_extra: Unlabeled images beyond the training images.
        class_names: Of class 0, 1, ..., for messages; empty for numbers.

    Raises:
        UserError: The numbers asked for do not fit the data set.
    """
    labels = np.asarray(labels)
    generator = np.random.RandomState(data.dataset_seed)
    order = generator.permutation(len(labels))
    held_out = data.num_valid_examples if data.validation else 0
    _check_numbers(data, len(labels), held_out)
    known = find_dataset(data.dataset)
    if data.num_labeled_examples == 0:
        labeled, validation = np.sort(order[held_out:]), order[:held_out]
    elif not known.labels_by_class:
        labeled, rest = np.split(order, [data.num_labeled_examples])
        validation = rest[:held_out]
    else:
        names = class_names or range(num_classes)
        labeled = order[_balanced(data, labels[order], names, generator)]
        if known.holds_out_labeled:
            validation, labeled = np.split(labeled, [held_out])
        else:
            validation = order[~np.isin(order, labeled)][:held_out]
    kept = np.setdiff1d(np.arange(len(labels) + num_extra), validation)
    if data.num_unlabeled_examples:
        kept = _drawn(data, np.setdiff1d(kept, labeled), generator)
    labeled, validation, kept = (
        np.asarray(part, np.int64) for part in (labeled, validation, kept)
    )
    return Split(labeled, validation, kept)


def hold_out(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Marks a share of each class: at least one image, but never the last.

    Of integer labels, `(n,)`; gives bool, `(n,)`.
    """
    rng, out = np.random.RandomState(seed), np.zeros(len(labels), bool)
    for label in np.unique(labels):
        places = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(round(share * len(places)), 1), len(places) - 1)
        out[places[:count]] = True
    return out


def _balanced(data, labels, names, generator):
    """Positions of the first images of each class, then shuffled."""
    each, remainder = divmod(data.num_labeled_examples, len(names))
    if remainder:
        raise UserError(
            f"{_asked(data)} cannot be shared out equally: give a multiple"
            f" of the {len(names)} classes, or 0 for all."
        )
    found = [np.flatnonzero(labels == k)[:each] for k in range(len(names))]
    fewest, rarest = min((len(part), k) for k, part in enumerate(found))
    if fewest < each:
        raise UserError(
            f"{_asked(data)} needs {each} images of each class, but class"
            f" {names[rarest]} has {fewest}: give at most"
            f" {len(names) * fewest}, or 0 for all."
        )
    return generator.permutation(np.concatenate(found))


def _drawn(data, candidates, generator):
    """So many unlabeled images, ascending."""
    asked = data.num_unlabeled_examples
    if asked > len(candidates):
        raise UserError(
            f"--num_unlabeled_examples={asked} is more than the"
            f" {len(candidates)} images without labels of"
            f" --dataset={data.dataset}: give at most that, or 0 for all."
        )
    return np.sort(generator.permutation(candidates)[:asked])


def _check_numbers(data, total, held_out):
    labeled = data.num_labeled_examples
    if labeled > total:
        raise UserError(
            f"{_asked(data)} is more than the {total} training images: give"
            " at most that, or 0 for all."
        )
    most = total - labeled
    if labeled == 0 or find_dataset(data.dataset).holds_out_labeled:
        most = (labeled or total) - 1
    if held_out > most:
        raise UserError(
            f"--num_valid_examples={held_out} with {_asked(data)} does not"
            f" leave enough of the {total} training images: give at most"
            f" {most}, or fewer labeled images."
        )


def _asked(data):
    return (
        f"--num_labeled_examples={data.num_labeled_examples} of"
        f" --dataset={data.dataset}"
    )
