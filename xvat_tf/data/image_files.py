"""Image files as 8-bit arrays, decoded by Pillow on a pool of threads."""

import contextlib
import dataclasses
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from xvat_tf.errors import reason
from xvat_tf.files import opened

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm"),
)
# Others run programs (EPS) or are what nobody trains on.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
CHANNELS = (1, 3, 4)  # Of images that Pillow resizes.
_GREY = ("1", "L", "LA", "La")
_MOST_THREADS = 8
_LARGEST_16_BIT = 2**16 - 1


@dataclasses.dataclass(frozen=True, eq=False)
class ReadFile:
    """A file that was read, or why it was not.

    Attributes:
        path: The file.
        pixels: uint8, `(height, width, 1)` if it is grey, else `(height,
            width, 3)`; None for a file that cannot be decoded.
        sha256: Of its bytes.
        fault: Why it cannot be decoded.
    """

    path: str
    pixels: np.ndarray | None = None
    sha256: str = ""
    fault: str = ""


def read_files(paths: Sequence[str], side: int = 0) -> Iterator[ReadFile]:
    """Reads image files in their order, several at a time.

    Pictures are turned as their EXIF data say; of several in a file the first
    counts. Transparent parts become white. 16-bit levels v become rint(v *
    255 / 65535). With a `side` above 0 the largest square in the middle is
    resized to `side` by `side`, by Pillow's bilinear filter, which averages.
    """
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        found: Any = pool.map(lambda path: read_file(path, side), paths)
        # Closing cancels what nobody waits for any more.
        with contextlib.closing(found):
            yield from found


def read_file(path: str, side: int = 0) -> ReadFile:
    """Reads one image file; see `read_files`."""
    try:
        with opened(path) as file:
            content = file.read()
        pixels = _decoded(content, side)
    except UnidentifiedImageError:
        return ReadFile(path, fault=f"it is no {', '.join(_FORMATS)} file")
    # Damaged bytes make Pillow raise anything, down to SyntaxError.
    except Exception as error:
        return ReadFile(path, fault=reason(error))
    return ReadFile(path, pixels, hashlib.sha256(content).hexdigest())


def is_coloured(path: str) -> bool:
    """Whether an image file is stored in colours; reads its header only."""
    try:
        with opened(path) as file, Image.open(file, formats=_FORMATS) as image:
            return _has_colours(image)
    except Exception:  # `read_file` says what is wrong with it.
        return False


def _decoded(content, side):
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if side:  # A JPEG file is decoded at a fraction of its size.
            image.draft(None, (2 * side, 2 * side))
        kind = "RGB" if _has_colours(image) else "L"
        image = _opaque(_eight_bits(ImageOps.exif_transpose(image)))
    pixels = np.asarray(image.convert(kind))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    return resized(pixels, side) if side else pixels


def resized(pixels: np.ndarray, side: int) -> np.ndarray:
    """Cuts out the largest square in the middle, resized to a `side`.

    Of uint8, `(height, width, channels)` with 1, 3 or 4 channels.
    """
    grey = pixels.shape[-1] == 1
    image = Image.fromarray(pixels[..., 0] if grey else pixels)
    least = min(image.size)
    left, top = ((length - least) // 2 for length in image.size)
    image = image.crop((left, top, left + least, top + least))
    image = image.resize((side, side), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(side, side, -1)


def _has_colours(image):
    return image.mode not in _GREY and not _is_deep(image)


def _is_deep(image):
    """Whether it is grey with more than 8 bits."""
    return image.mode.startswith("I")


def _eight_bits(image):
    """Pillow would cut what is above 255 off."""
    if image.mode == "F":
        raise ValueError("its pixels are floats: save 8-bit ones")
    if not _is_deep(image):
        return image
    levels = np.asarray(image).astype(np.int64)
    if levels.min() < 0 or levels.max() > _LARGEST_16_BIT:
        raise ValueError("its pixels have more than 16 bits: save 8-bit ones")
    grey = Image.fromarray(np.uint8(np.rint(levels * (255 / _LARGEST_16_BIT))))
    if "transparency" in image.info:  # The level that is.
        shown = levels != image.info["transparency"]
        grey.putalpha(Image.fromarray(np.uint8(255 * shown)))
    return grey


def _opaque(image):
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground
