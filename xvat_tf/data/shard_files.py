"""Folders of images too many for memory: tfrecord files and a manifest.

Image i is record `i // num_shards` of file `i % num_shards`; the images
i = c (mod s) are therefore whole files for every s that divides num_shards.

A record is the index of the image (8 bytes, little-endian) and its values as
they are, not as PNG: of 2,048 CIFAR-10 images PNG took 2,291 bytes
instead of 3,072, but 9.0 ms instead of 1.5 ms to read a batch of 128. Records
of one length also let an image be found without reading those before it.
"""

import dataclasses
import hashlib
import json
import math
import os
import pathlib
import struct

import numpy as np

from xvat_tf.errors import UserError, reason

FORMAT = 1
MANIFEST = "manifest.json"
DTYPES = ("uint8", "float16", "float32", "float64")
_INDEX = struct.Struct("<q")
# tfrecord frames a record: length (8 bytes), its checksum, checksum of data.
_FRAME_HEAD, _FRAME_TAIL = 12, 4


@dataclasses.dataclass(frozen=True)
class Shards:
    """A complete folder of shards.

    Attributes:
        path: The folder.
        count: Number of images, 1 or above.
        shape: Of one image, `(height, width, channels)` or `(d,)`.
        dtype: Of the stored values: uint8, float16, float32 or float64.
        num_shards: Number of files.
        sha256: Hex digest of type, shape and all images in their order.
    """

    path: pathlib.Path
    count: int
    shape: tuple[int, ...]
    dtype: str
    num_shards: int
    sha256: str

    @property
    def identity(self) -> str:
        """All that the order and values of a stream depend on."""
        return f"{self.sha256} in {self.num_shards} shards"

    @property
    def image_bytes(self) -> int:
        """Bytes of one stored image."""
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize

    def file(self, number: int) -> pathlib.Path:
        """Path of file `number`, 0 to `num_shards - 1`."""
        return self.path / file_name(number, self.num_shards)

    def file_count(self, number: int) -> int:
        """Images in file `number`."""
        return len(range(number, self.count, self.num_shards))

    def file_fault(self, number: int) -> str | None:
        """What can be told wrong with file `number` without reading it."""
        expected = self.file_count(number) * self._frame_bytes
        try:
            found = self.file(number).stat().st_size
        except OSError as error:
            return reason(error)
        if found != expected:
            return f"{found} bytes instead of {expected}"
        return None

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Single images, looked up in their files.

        Args:
            indices: Integers in [0, count), `(n,)`.

        Returns:
            As stored, `(n, *shape)` of `dtype`.

        Raises:
            UserError: A file is missing or damaged.
        """
        images = np.empty((len(indices), *self.shape), self.dtype)
        for image, index in zip(images, indices, strict=True):
            image[...] = self._read_one(int(index))
        return images

    @property
    def _frame_bytes(self):
        return _FRAME_HEAD + _INDEX.size + self.image_bytes + _FRAME_TAIL

    def _read_one(self, index):
        row, number = divmod(index, self.num_shards)
        try:
            with self.file(number).open("rb") as file:
                file.seek(row * self._frame_bytes + _FRAME_HEAD)
                record = file.read(_INDEX.size + self.image_bytes)
        except OSError as error:
            raise self.damaged(number, reason(error)) from None
        expected = _INDEX.size + self.image_bytes
        if len(record) < expected or _INDEX.unpack_from(record) != (index,):
            raise self.damaged(number, f"image {index} is not in its place")
        values = np.frombuffer(record, _stored(self.dtype), -1, _INDEX.size)
        return values.reshape(self.shape)

    def damaged(self, number: int, fault: str) -> UserError:
        """The error to raise for file `number`."""
        return UserError(
            f"shard {self.file(number)} is damaged ({fault}): restore it, or"
            f" remove {self.path} and write it again; a run continues from its"
            " last checkpoint."
        )


class ContentDigest:
    """The `sha256` of `Shards`, from one image after the other."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        head = json.dumps([list(shape), np.dtype(dtype).name])
        self._digest = hashlib.sha256(head.encode())

    def add(self, image: bytes) -> None:
        """Adds the bytes of the next image, as `image_to_bytes` gives them."""
        self._digest.update(image)

    def hex(self) -> str:
        """The digest of the images so far."""
        return self._digest.hexdigest()


def image_to_bytes(image: np.ndarray) -> bytes:
    """The values of an image as stored, row by row, little-endian."""
    return image.astype(_stored(image.dtype), copy=False).tobytes()


def to_record(index: int, image: bytes) -> bytes:
    """The payload of the record of one image."""
    return _INDEX.pack(index) + image


def file_name(number: int, num_shards: int) -> str:
    """Name of file `number` in its folder."""
    return f"images-{number:05d}-of-{num_shards:05d}.tfrecord"


def holds_shards(folder: str | os.PathLike) -> bool:
    """Whether a folder was written to the end: it has its manifest."""
    return (pathlib.Path(folder).expanduser() / MANIFEST).exists()


def open_shards(folder: str | os.PathLike) -> Shards:
    """Reads the manifest of a folder; all files must be there, whole.

    Lengths are compared here; what the files hold is checked by the
    checksums of tfrecord when a record is read.

    Raises:
        UserError: Names the file, what is wrong with it, and the remedy.
    """
    shards = _read_manifest(pathlib.Path(folder).expanduser())
    for number in range(shards.num_shards):
        fault = shards.file_fault(number)
        if fault:
            raise shards.damaged(number, fault)
    return shards


def manifest_of(shards: Shards) -> str:
    """Text of the manifest."""
    values = dataclasses.asdict(shards) | {"format": FORMAT}
    del values["path"]
    return json.dumps(values, indent=1) + "\n"


def _read_manifest(folder):
    path = folder / MANIFEST
    try:
        values = json.loads(path.read_text())
        found = values.pop("format")
        shape = tuple(values.pop("shape"))
        shards = Shards(path=folder, shape=shape, **values)
        sound = _is_sound(shards)
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({reason(error)}): give a folder of shards"
            " as --stream_dir."
        ) from None
    except Exception:  # Whatever damaged or foreign JSON leads to.
        found, sound = FORMAT, False
    if found != FORMAT:
        raise UserError(
            f"{path} has format {found}, this version reads {FORMAT}: write"
            " the folder again."
        )
    if not sound:
        raise UserError(
            f"{path} is damaged: restore it, or remove {folder} and write it"
            " again."
        )
    return shards


def _is_sound(shards):
    numbers = (shards.count, shards.num_shards, *shards.shape)
    return (
        all(isinstance(n, int) and n > 0 for n in numbers)
        and len(shards.shape) in (1, 3)
        and shards.dtype in DTYPES
        and isinstance(shards.sha256, str)
    )


def _stored(dtype):
    return np.dtype(dtype).newbyteorder("<")
