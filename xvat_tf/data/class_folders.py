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
    """

    train: dict[str, list[str]]
    test: dict[str, list[str]]
    unlabeled: list[str]
    others: list[str]

    @property
    def alike(self) -> list[str]:
        """Folders that every class has, where all images are in such ones.

        They may be the classes, and what was taken for classes parts of a
        split; empty otherwise.
        """
        inner = []
        for some in self.train.values():
            paths = [path.split(os.sep) for path in some]
            inner.append({p[1] if len(p) > 2 else "" for p in paths})
        first, *rest = inner
        same = len(first) > 1 and "" not in first
        return sorted(first) if same and all(x == first for x in rest) else []


def find_images(folder: str) -> Found:
    """Looks through a folder that has a folder of images for each class.

    Images of `unlabeled/`, and those directly in the folder, have no label.
    Where there are `train/` and `test/`, these hold the class folders. Folders
    in class folders are searched too. Names that begin with a dot are not
    looked at.

    Raises:
        UserError: It is not there, or not such a folder; says what to do.
    """
    return _Search(folder, "images_dir").found()


def images_within(folder: str, flag: str) -> list[str]:
    """Paths of the image files of a folder at any depth, as of a class.

    Raises:
        UserError: It, or a folder in it, cannot be read; names the flag.
    """
    paths = _Search(folder, flag).all_images("")
    return [os.path.join(folder, path) for path in paths]


class _Search:
    def __init__(self, folder, flag):
        self._root, self._others = folder, []
        self._origin = f"--{flag}={folder}"
        if not os.path.isdir(folder):
            wrong = "is a file" if os.path.exists(folder) else "does not exist"
            raise self._error(
                f" {wrong}: give a folder of images, or their new place if a"
                " run's images were moved."
            )

    def _error(self, message):
        return UserError(f"{self._origin}{message}")

    def found(self):
        folders = self._folders("")
        divided = {_TRAIN, _TEST} <= set(folders)
        self._check_splits(folders, divided)
        home = _TRAIN if divided else ""
        unlabeled = []
        for place in dict.fromkeys(("", home)):
            unlabeled += self._images(place)
            if _UNLABELED in self._folders(place):
                unlabeled += self.all_images(os.path.join(place, _UNLABELED))
        train = self._classes(home)
        test = self._classes(_TEST) if divided else {}
        self._check_classes(train, test, divided)
        return Found(train, test, unlabeled, self._others)

    def _check_splits(self, folders, divided):
        for name in folders:
            sign = name.lower()
            misspelt = name not in _SIGNS and sign in _SIGNS
            # A class may be called Train; what has classes is none.
            if misspelt and (sign == _UNLABELED or self._folders(name)):
                raise self._error(
                    f" has {name}/, which is read as {sign}/ in small letters"
                    " only: rename it."
                )
        if divided:
            for name in sorted({*folders} - {_TRAIN, _TEST, _UNLABELED}):
                raise self._error(
                    f" has {name}/ next to train/ and test/, where it is not"
                    " read: move it to another place."
                )
            return
        for name, other in ((_TRAIN, _TEST), (_TEST, _TRAIN)):
            if name in folders and self._folders(name):
                raise self._error(
                    f" has {name}/ but no {other}/: add it, under this name, or"
                    f" give --images_dir={os.path.join(self._root, name)}."
                )

    def _classes(self, place):
        found = {}
        for name in self._folders(place):
            if name == _UNLABELED and place != _TEST:
                continue
            if not (is_unicode(name) and name.isprintable()):
                raise self._error(
                    f": the name of the class folder {ascii(name)} cannot be"
                    " printed: rename it."
                )
            found[name] = self.all_images(os.path.join(place, name))
        return found

    def _check_classes(self, train, test, divided):
        where = ": train/" if divided else ""
        if len(train) < 2:
            only = f"one class folder ({[*train][0]})" if train else "no class"
            raise self._error(
                f"{where} has {only}: put the images of each class, two or"
                " more, in a folder that has its name."
            )
        for name in [*train, *test]:
            if name not in train:
                raise self._error(
                    f": test/ has the class {name} and train/ does not: give"
                    " both the same."
                )
            if not train[name]:
                raise self._error(
                    f"{where} has no images of class {name}: add some"
                    f" ({', '.join(SUFFIXES)}), or remove the folder."
                )
        if divided and self._images(_TEST):
            raise self._error(
                ": test/ has images outside of its class folders: move them to"
                " these, or to unlabeled/."
            )
        if divided and not any(test.values()):
            raise self._error(": test/ has no images of a class: add some.")

    def _folders(self, place):
        return [e.name for e in self._entries(place) if _is_folder(e)]

    def _images(self, place):
        """The images directly in a folder; notes other files."""
        found = []
        for entry in self._entries(place):
            if _is_folder(entry):
                continue
            is_image = entry.name.lower().endswith(SUFFIXES)
            path = os.path.join(place, entry.name)
            (found if is_image else self._others).append(path)
        return found

    def all_images(self, place, above=()):
        real = os.path.realpath(os.path.join(self._root, place))
        if real in above:
            raise self._error(
                f": {place} is a link to a folder that it lies in: remove it."
            )
        found = self._images(place)
        for name in self._folders(place):
            inner = os.path.join(place, name)
            found += self.all_images(inner, (*above, real))
        return found

    def _entries(self, place):
        try:
            with os.scandir(os.path.join(self._root, place)) as entries:
                shown = [e for e in entries if not e.name.startswith(".")]
        except OSError as error:
            raise self._error(
                f": {place or 'it'} cannot be read ({reason(error)}): change"
                " its permissions, or give another folder."
            ) from None
        return sorted(shown, key=lambda entry: entry.name)


def _is_folder(entry):
    """Whether it is one or links to one; a link to itself is a file."""
    try:
        return entry.is_dir()
    except OSError:
        return False
