"""A folder of 300 PNG files, of three shapes that a network tells apart."""

import pathlib

import numpy as np
from PIL import Image

CLASSES = ("bar", "cross", "ring")


def picture(kind: str, rng: np.random.Generator, side: int = 16) -> np.ndarray:
    """Draws a shape anywhere on dark noise: uint8, `(side, side)`."""
    rows, columns = np.mgrid[:side, :side]
    top, left = rng.uniform(0.35 * side, 0.65 * side, 2)
    down, right = abs(rows - top), abs(columns - left)
    near, width = 0.3 * side, 0.08 * side
    drawn = {
        "bar": (right < width) & (down < near),
        "cross": (abs(down - right) < width) & (down < near),
        "ring": abs(np.hypot(down, right) - 0.8 * near) < width,
    }[kind]
    noise = rng.uniform(0, 80, (side, side))
    return np.uint8(np.where(drawn, 255 - noise, noise))


def write(
    folder: pathlib.Path,
    each: int = 80,
    unlabeled: int = 60,
    side: int = 16,
    suffix: str = ".png",
) -> pathlib.Path:
    """Writes `each` files a class, and files without a label; the same always.

    Returns:
        `folder`, which has a folder of each class, and `unlabeled` if it has
        any such files.
    """
    rng = np.random.default_rng(0)
    homes = [(kind, kind) for kind in CLASSES for _ in range(each)]
    homes += [("unlabeled", CLASSES[i % 3]) for i in range(unlabeled)]
    for i, (home, kind) in enumerate(homes):
        path = folder / home / f"{i:03}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(kind, rng, side)).save(path)
    return folder
