"""A data set of image files: one folder for each class."""

import contextlib
import hashlib
import os

import numpy as np

from xvat_tf.data.class_folders import find_images
from xvat_tf.data.image_files import is_coloured, read_file, read_files
from xvat_tf.data.sources import Source
from xvat_tf.data.splits import hold_out
from xvat_tf.errors import UserError, note
from xvat_tf.files.arrays import require_memory
from xvat_tf.settings import DataSettings
from xvat_tf.settings.own_defaults import Extent

_TRAIN, _TEST, _EXTRA = range(3)  # The part that a file belongs to.
_NAMED = 3  # Files that a message names; others are counted.
# Of a pixel while data are prepared: once as it is stored, once as float32.
_BYTES = 5


def load_folder(data: DataSettings) -> Source:
    """Reads `--images_dir`; see `find_images` and `read_files`.

    Images are grey if all files are, otherwise coloured. Without a test folder
    `--test_share` of each class is held out. The digest is of the names and the
    bytes of the files.

    Raises:
        UserError: The folder or a file is unusable.
    """
    found = find_images(data.images_dir)
    _note_oddities(found)
    paths, labels, parts = _in_order(data, found)
    images, kept, sha256 = _read(data, paths)
    labels, parts = labels[kept], parts[kept]
    ends = np.searchsorted(parts, [_TEST, _EXTRA])
    train, test, extra = np.split(images, ends)
    train_labels, test_labels, _ = np.split(labels, ends)
    classes = tuple(found.train)
    _require_all(data, classes, train_labels, test_labels)
    return Source(
        train_images=train,
        train_labels=train_labels,
        test_images=test,
        test_labels=test_labels,
        num_classes=len(classes),
        extra_images=extra if len(extra) else None,
        class_names=classes,
        sha256=sha256,
    )


def measure_folder(data: DataSettings) -> Extent:
    """Counts the files of `--images_dir`; the first one gives the size.

    They are coloured if one of them is, as in `load_folder`. With
    `--skip_broken_images` those that can be decoded count.

    Raises:
        UserError: It is not what `load_folder` takes.
    """
    paths, _, parts = _in_order(data, find_images(data.images_dir))
    if data.skip_broken_images:
        files = read_files(paths, data.image_size)
        parts = parts[[not file.fault for file in files]]
    numbers = np.bincount(parts, minlength=3).tolist()
    for path in paths:
        pixels = read_file(path, data.image_size).pixels
        if pixels is not None:
            channels = 3 if any(map(is_coloured, paths)) else 1
            shape = (*pixels.shape[:2], channels)
            return Extent(shape, numbers[_TRAIN], numbers[_EXTRA])
    return load_folder(data).extent  # Says what is wrong.


def _note_oddities(found):
    if found.outside:
        note(
            "images outside of train/, unlabeled/ and the classes of test/, not"
            f" read: {_listed(found.outside)}."
        )
    if found.others:
        note(f"no images by their names, not read: {_listed(found.others)}.")
    if found.alike:
        note(
            f"the classes {_listed([*found.train])} have the same folders"
            f" ({_listed(found.alike)}). If these are the classes and those a"
            " split, call those train/ and test/."
        )


def _in_order(data, found):
    """Paths of all files, their classes and parts; part by part."""
    groups = [
        (paths, k, _TRAIN) for k, paths in enumerate(found.train.values())
    ]
    names = [*found.train]
    for name, paths in found.test.items():
        groups.append((paths, names.index(name), _TEST))
    groups.append((found.unlabeled, -1, _EXTRA))
    paths = [path for some, *_ in groups for path in some]
    numbers = [len(some) for some, *_ in groups]
    labels, parts = np.repeat([group[1:] for group in groups], numbers, 0).T
    if not found.test:
        out = hold_out(labels[labels >= 0], data.test_share, data.dataset_seed)
        parts[: len(out)][out] = _TEST
    order = np.argsort(parts, kind="stable")
    paths = [os.path.join(data.images_dir, paths[i]) for i in order]
    return paths, labels[order].astype(np.int32), parts[order]


def _read(data, paths):
    """Images in one array, which of the files they are, and their digest."""
    files, good = [], []
    with contextlib.closing(read_files(paths, data.image_size)) as found:
        for file in found:
            files.append(file)
            if not file.fault:
                good.append(file)
                _require_fit(data, good[0], file, len(paths))
    kept = [not file.fault for file in files]
    _check_faults(data, [file for file in files if file.fault], len(paths))
    channels = max(file.pixels.shape[-1] for file in good)
    shape = (len(good), *good[0].pixels.shape[:2], channels)
    images, digest = np.empty(shape, np.uint8), hashlib.sha256()
    for row, file in zip(images, good, strict=True):
        row[:] = file.pixels  # Grey ones become coloured.
        digest.update(ascii((_name(data, file), file.sha256)).encode())
    return images, kept, digest.hexdigest()


def _name(data, file):
    return os.path.relpath(file.path, data.images_dir)


def _require_fit(data, first, file, count):
    """The first says how much memory all need, and the size of all."""
    sizes = ["x".join(map(str, f.pixels.shape[:2])) for f in (first, file)]
    if sizes[0] != sizes[1]:
        raise UserError(
            f"--images_dir={data.images_dir} has images of several sizes,"
            f" {_name(data, first)} of {sizes[0]} and {_name(data, file)} of"
            f" {sizes[1]}: give --image_size=32, or another side, to make all"
            " of them squares of it."
        )
    try:
        if file is first:
            require_memory(_BYTES * count * file.pixels.size, "its images")
    except MemoryError as error:
        raise UserError(
            f"--images_dir={data.images_dir}: {error}: give a smaller"
            " --image_size."
        ) from None


def _check_faults(data, files, total):
    if not files:
        return
    faults = [f"{_name(data, file)} ({file.fault})" for file in files]
    verb = "is" if len(faults) == 1 else "are"
    listed = f"{len(faults)} of {total} files {verb} unreadable"
    listed += f": {_listed(faults)}"
    if not data.skip_broken_images or len(faults) == total:
        raise UserError(
            f"--images_dir={data.images_dir}: {listed}: replace or remove"
            " them, or give --skip_broken_images."
        )
    note(f"left out: {listed}.")


def _require_all(data, classes, train_labels, test_labels):
    """Every class can be learned, and there is something to test with."""
    for k in set(range(len(classes))) - {*train_labels.tolist()}:
        raise UserError(
            f"--images_dir={data.images_dir}: no training image of class"
            f" {classes[k]} is readable: replace them, or remove the class."
        )
    if not len(test_labels):
        raise UserError(
            f"--images_dir={data.images_dir}: no class has a readable image"
            " left to test with: add images, or put some in test/ and the"
            " others in train/."
        )
    untested = set(range(len(classes))) - {*test_labels.tolist()}
    if untested:
        names = _listed([classes[k] for k in sorted(untested)])
        note(f"no test images of {names}: accuracies say nothing about them.")


def _listed(texts):
    more = len(texts) - _NAMED
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(texts[:_NAMED]) + rest
