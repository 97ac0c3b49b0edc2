"""Which files of a folder of images are of which class and which split."""

import dataclasses
import os

from xvat_tf.data.image_files import SUFFIXES
from xvat_tf.errors import UserError, reason
from xvat_tf.option import is_unicode

_UNLABELED = "unlabeled"
_TRAIN, _TEST = "train", "test"
_SIGNS = {_TRAIN, _TEST, _UNLABELED}


@dataclasses.dataclass(frozen=True)
class Found:
    """Image files by what they are for; paths are relative to the folder.

    Attributes:
        train: Paths of each class, by its name, in the order of names.
        test: The same of the test images; empty without a test folder.
        unlabeled: Paths of images without a label.
        others: Paths of files whose names are not those of images.
        outside: Paths of images that are not read: those directly in `test/`,
            and in other folders next to it and `train/`.
        alike: Folders that every class has, where all images are in such
            ones: they may be the classes, and what was taken for classes
            parts of a split. Else empty.
    """

    train: dict[str, list[str]]
    test: dict[str, list[str]]
    unlabeled: list[str]
    others: list[str]
    outside: list[str]
    alike: list[str]


def find_images(folder: str) -> Found:
    """Looks through a folder that has a folder of images for each class.

    Images of `unlabeled/`, and those directly in the folder, have no label.
    Where there are `train/` and `test/`, these hold the class folders. Folders
    in class folders are searched too. Names that begin with a dot are not
    looked at.

    Raises:
        UserError: It is not there, or not such a folder; says what to do.
    """
    top = _scan(folder, "images_dir")
    divided = {_TRAIN, _TEST} <= {*top.folders}
    home = top.folders[_TRAIN] if divided else top
    train = {n: f for n, f in home.folders.items() if n != _UNLABELED}
    test = top.folders[_TEST] if divided else _Folder([], {})
    for fault in _faults(top, train, test.folders, divided):
        raise UserError(f"--images_dir={folder}{fault}")
    unlabeled = []
    for place in (top, home) if divided else (top,):
        unlabeled += place.files
        if _UNLABELED in place.folders:
            unlabeled += place.folders[_UNLABELED].all_files
    return Found(
        train={name: one.all_images for name, one in train.items()},
        test={name: one.all_images for name, one in test.folders.items()},
        unlabeled=_images(unlabeled),
        others=[path for path in top.all_files if not _images([path])],
        outside=_outside(top, test) if divided else [],
        alike=_alike([*train.values()]),
    )


def images_within(folder: str, flag: str) -> list[str]:
    """Paths of the image files of a folder at any depth, as of a class.

    Raises:
        UserError: It, or a folder in it, cannot be read; names the flag.
    """
    paths = _scan(folder, flag).all_images
    return [os.path.join(folder, path) for path in paths]


@dataclasses.dataclass(frozen=True)
class _Folder:
    """Paths of its files and, by their names, its folders; in order."""

    files: list[str]
    folders: dict[str, "_Folder"]

    @property
    def all_files(self):
        inner = [path for f in self.folders.values() for path in f.all_files]
        return self.files + inner

    @property
    def all_images(self):
        return _images(self.all_files)


def _images(paths):
    return [path for path in paths if path.lower().endswith(SUFFIXES)]


def _scan(root, flag, place="", above=()):
    """Looks through a folder `place` of `root`, which lies in those above."""
    folder = os.path.join(root, place)
    real, found = os.path.realpath(folder), _Folder([], {})
    if real in above:
        raise UserError(
            f"--{flag}={root}: {place} is a link to a folder that it lies in:"
            " remove it."
        )
    try:
        with os.scandir(folder) as entries:
            shown = [e for e in entries if not e.name.startswith(".")]
    except OSError as error:
        raise UserError(
            f"--{flag}={root}{place and f': {place}'} cannot be read"
            f" ({reason(error)}): give a readable folder of images, or its new"
            " place if a run's images were moved."
        ) from None
    for entry in sorted(shown, key=lambda entry: entry.name):
        path = os.path.join(place, entry.name)
        if _is_folder(entry):
            inner = _scan(root, flag, path, (*above, real))
            found.folders[entry.name] = inner
        else:
            found.files.append(path)
    return found


def _is_folder(entry):
    """Whether it is one or links to one; a link to itself is a file."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _alike(classes):
    first, *rest = [{*one.folders} for one in classes]
    same = len(first) > 1 and all(names == first for names in rest)
    loose = any(_images(one.files) for one in classes)
    return sorted(first) if same and not loose else []


def _outside(top, test):
    found = _images(test.files)
    for name, folder in top.folders.items():
        found += folder.all_images if name not in _SIGNS else []
    return found


def _faults(top, train, test, divided):
    """What is wrong with the folders, in the order of what to fix first."""
    for name, folder in top.folders.items():
        sign = name.lower()
        misspelt = name not in _SIGNS and sign in _SIGNS
        # A class may be called Train; what has classes is none.
        if misspelt and (sign == _UNLABELED or folder.folders):
            yield (
                f" has {name}/, which is read as {sign}/ in small letters"
                " only: rename it."
            )
        if not divided and name in (_TRAIN, _TEST) and folder.folders:
            yield (
                f" has {name}/ but no {_TEST if name == _TRAIN else _TRAIN}/:"
                f" add it, or give the path of {name}/ as --images_dir."
            )
    where = ": train/" if divided else ""
    if len(train) < 2:
        only = f"one class folder ({[*train][0]})" if train else "no class"
        yield (
            f"{where} has {only}: put the images of each class, two or more, in"
            " a folder that has its name."
        )
    if divided and not any(folder.all_images for folder in test.values()):
        yield ": test/ has no images of a class: add some."
    for name in [*train, *test]:
        if not (is_unicode(name) and name.isprintable()):
            yield (
                f": the name of the class folder {ascii(name)} cannot be"
                " printed: rename it."
            )
        if name not in train:
            yield (
                f": test/ has the class {name} and train/ does not: give both"
                " the same."
            )
        elif not train[name].all_images:
            yield (
                f"{where} has no images of class {name}: add some"
                f" ({', '.join(SUFFIXES)}), or remove the folder."
            )
