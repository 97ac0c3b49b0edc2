"""Images of a user that the networks of a run are to predict."""

import dataclasses
import glob
import os
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from xvat_tf.data.array_checks import check_images
from xvat_tf.data.arrays import channels_last
from xvat_tf.data.class_folders import images_within
from xvat_tf.data.image_files import read_files
from xvat_tf.data.prepared import PreparedData
from xvat_tf.data.scaling import FloatScaler
from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.files import opened
from xvat_tf.files.arrays import opened_arrays, read_one, readable
from xvat_tf.settings import DataSettings

_ARRAY_FILES = (".npy", ".npz")


@dataclasses.dataclass(frozen=True)
class GivenImages:
    """Images by name, as the networks of a run read them.

    Attributes:
        kind: What a name is: `"path"` of a file, or `"index"` in an array.
        names: One for each image, in order.
        read: Turns a slice of the names into inputs, float,
            `(n, *image_shape)`. Raises a UserError for a file that holds no
            image of that shape.
    """

    kind: str
    names: Sequence[str]
    read: Callable[[slice], np.ndarray]


def find_images(
    places: list[str], settings: DataSettings, data: PreparedData, name: str
) -> GivenImages:
    """Finds images to predict, which go the way of the run's own images.

    Args:
        places: Image files, folders of them at any depth, or patterns; or one
            `.npy` or `.npz` file.
        settings: Of the run's data.
        data: The run's data.
        name: Of the array in an `.npz` file; empty if it has one only.

    Raises:
        UserError: There are none, or the array is not of the run's shape and
            type.
    """
    files = _files(places)
    arrays = [file for file in files if file.suffix in _ARRAY_FILES]
    if not arrays:
        return _files_of_a_run(files, settings, data)
    if len(files) > 1:
        raise UserError(
            f"--images has {arrays[0]} and other files: give it alone."
        )
    images = _stored(files[0], name, settings, data)
    names = list(map(str, range(len(images))))
    return GivenImages("index", names, lambda part: data.scaler(images[part]))


def _files_of_a_run(files, settings, data):
    """Image files, decoded and resized as those of `--dataset=folder`."""
    if isinstance(data.scaler, FloatScaler) or len(data.image_shape) != 3:
        raise UserError(
            f"--images={files[0]}: the run was trained on"
            f" {data.image_shape} of floats, which no image file holds: give"
            " them in one .npy or .npz file."
        )
    names = list(map(str, files))

    def read(part):
        found = list(read_files(names[part], settings.image_size))
        return data.scaler(
            np.stack([_fitted(one, settings, data) for one in found])
        )

    return GivenImages("path", names, read)


def _fitted(file, settings, data):
    """The pixels of a file, in the shape of the run's images."""
    origin = f"--images={file.path}"
    if file.fault:
        raise UserError(
            f"{origin} cannot be read ({file.fault}): replace it, or leave it"
            " out."
        )
    pixels, channels = file.pixels, data.image_shape[-1]
    if channels == 1 and (pixels == pixels[..., :1]).all():
        pixels = pixels[..., :1]  # Grey, in a file of colours.
    if channels == 3 and pixels.shape[-1] == 1:
        pixels = pixels.repeat(3, axis=-1)
    _require_form(origin, pixels[np.newaxis], settings, data)
    return pixels


def _files(places):
    """Files that paths, folders and patterns name, each once, in order."""
    found = {}
    for place in places:
        there = [place] if os.path.exists(place) else sorted(glob.glob(place))
        files = [file for one in there for file in _within(one)]
        if not files:
            raise UserError(
                f"--images={place}: there is no image: give image files,"
                " folders of them, or one .npy or .npz file."
            )
        found |= dict.fromkeys(files)
    return list(found)


def _within(place):
    """The image files of a folder, as of a class; a file itself."""
    if not os.path.isdir(place):
        return [pathlib.Path(place)]
    return sorted(map(pathlib.Path, images_within(place, "images")))


def _stored(path, name, settings, data):
    """Images of an array file, as the run's own are stored."""
    origin = f"--images={path}"
    with readable(origin, "write it again with numpy.save or numpy.savez"):
        images = _array(path, name)
    check_images(f"{origin}: the array", images)
    if data.basis is not None and images.shape[1:] == (2,):
        images = images @ data.basis
    images = channels_last(images, settings.channels)
    _require_form(origin, images, settings, data)
    return images


def _array(path, name):
    if path.suffix == ".npy":
        with opened(path) as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    with opened_arrays(path, [name] if name else None) as file:
        if name in file.files:
            return read_one(file, name)
        if name or len(file.files) != 1:
            raise UserError(
                f"--images={path} has the arrays {', '.join(file.files)}:"
                " choose one with --array."
            )
        return read_one(file, file.files[0])


def _require_form(origin, images, settings, data):
    """Shape and type of an image are those of the images of training."""
    floats = isinstance(data.scaler, FloatScaler)
    fits = floats == (images.dtype != np.uint8)
    if images.shape[1:] == data.image_shape and fits:
        return
    before = find_dataset(settings.dataset).before
    raise UserError(
        f"{origin} has images {images.shape[1:]} of {images.dtype}, the run"
        f" was trained on {data.image_shape} of"
        f" {'floats' if floats else 'uint8'}: give the same. {before}"
    )
