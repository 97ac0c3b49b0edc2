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
    if found.others:
        note(f"no images by their names, not read: {_listed(found.others)}.")
    if found.alike:
        note(
            f"the classes {_listed([*found.train])} have the same folders"
            f" ({_listed(found.alike)}). If these are the classes and those a"
            " split, call those train/ and test/."
        )
    classes, rows = tuple(found.train), _rows(data, found)
    images, kept, sha256 = _read(data, [path for path, *_ in rows])
    labels, parts = np.array([row[1:] for row in rows], np.int32)[kept].T
    ends = np.searchsorted(parts, [_TEST, _EXTRA])
    train, test, extra = np.split(images, ends)
    train_labels, test_labels, _ = np.split(labels, ends)
    _require_all(data, classes, train_labels, test_labels)
    untested = np.setdiff1d(np.arange(len(classes)), test_labels)
    if len(untested):
        names = _listed([classes[k] for k in untested])
        note(f"no test images of {names}: accuracies say nothing about them.")
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
    rows = _rows(data, find_images(data.images_dir))
    paths = [os.path.join(data.images_dir, path) for path, *_ in rows]
    parts = [part for *_, part in rows]
    if data.skip_broken_images:
        files = read_files(paths, data.image_size)
        parts = [n for n, f in zip(parts, files, strict=True) if not f.fault]
    numbers = [parts.count(n) for n in (_TRAIN, _EXTRA)]
    for path in paths:
        pixels = read_file(path, data.image_size).pixels
        if pixels is not None:
            channels = 3 if any(map(is_coloured, paths)) else 1
            return Extent((*pixels.shape[:2], channels), *numbers)
    return load_folder(data).extent  # Says what is wrong.


def _rows(data, found):
    """Path, class and part of each file, part by part."""
    labels = {name: k for k, name in enumerate(found.train)}
    rows = [
        (path, labels[name], part)
        for part, split in ((_TRAIN, found.train), (_TEST, found.test))
        for name, paths in split.items()
        for path in paths
    ]
    if not found.test:
        classes = np.array([label for _, label, _ in rows])
        out = hold_out(classes, data.test_share, data.dataset_seed)
        parts = np.where(out, _TEST, _TRAIN).tolist()
        rows = [(*row[:2], n) for row, n in zip(rows, parts, strict=True)]
        rows.sort(key=lambda row: row[2])
    return rows + [(path, -1, _EXTRA) for path in found.unlabeled]


def _read(data, paths):
    """Images in one array, which of the files they are, and their digest."""
    pixels, kept, faults, digest = [], [], [], hashlib.sha256()
    whole = [os.path.join(data.images_dir, path) for path in paths]
    with contextlib.closing(read_files(whole, data.image_size)) as files:
        for path, file in zip(paths, files, strict=True):
            kept.append(not file.fault)
            if file.fault:
                faults.append(f"{path} ({file.fault})")
                continue
            if not pixels:
                _require_memory(data, file.pixels, len(paths))
                first = path
            _require_size(data, pixels[:1], first, file.pixels, path)
            pixels.append(file.pixels)
            digest.update(ascii((path, file.sha256)).encode())
    _check_faults(data, faults, len(paths))
    channels = max(image.shape[-1] for image in pixels)
    images = np.empty((len(pixels), *pixels[0].shape[:2], channels), np.uint8)
    for row, image in zip(images, pixels, strict=True):
        row[:] = image  # Grey ones become coloured.
    return images, kept, digest.hexdigest()


def _require_memory(data, pixels, count):
    try:
        require_memory(_BYTES * count * pixels.size, "its images")
    except MemoryError as error:
        raise UserError(
            f"--images_dir={data.images_dir}: {error}: give a smaller"
            " --image_size."
        ) from None


def _require_size(data, others, other_path, pixels, path):
    for other in others:
        if other.shape[:2] != pixels.shape[:2]:
            sizes = ["x".join(map(str, p.shape[:2])) for p in (other, pixels)]
            raise UserError(
                f"--images_dir={data.images_dir} has images of several sizes,"
                f" {other_path} of {sizes[0]} and {path} of {sizes[1]}: give"
                " --image_size=32, or another side, to make all of them"
                " squares of it."
            )


def _check_faults(data, faults, total):
    if not faults:
        return
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
    for k in set(range(len(classes))) - set(train_labels.tolist()):
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


def _listed(texts):
    more = len(texts) - _NAMED
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(texts[:_NAMED]) + rest
