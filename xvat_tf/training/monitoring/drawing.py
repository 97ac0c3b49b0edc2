"""Arrays to pictures that can be read on TensorBoard's cards.

NumPy and Pillow: a picture takes about a millisecond, a Matplotlib figure
takes a hundred.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

# A card is 350 pixels wide; what is wider is shrunk without smoothing.
_WIDTH = 350
_COLUMNS, _GAP = 5, 4
_TILE = (_WIDTH - (_COLUMNS - 1) * _GAP) // _COLUMNS
_MOST_CLASSES = 250
_MOST_NUMBERED_CLASSES = 20
_FONT = ImageFont.load_default(12)
_LINE = 18

# Both ends and the middle are told apart by all common kinds of colour
# vision, and in gray by the caption.
_BLUE, _WHITE, _RED = (33, 102, 172), (255, 255, 255), (178, 24, 43)


def diverging(values: np.ndarray, limit: float) -> np.ndarray:
    """Blue for negative, white for 0, red for positive values.

    The colour is full at the absolute value `limit` and beyond. Returns float
    in [0, 1], `(..., 3)`.
    """
    points = (-limit, 0.0, limit)
    channels = [
        np.interp(values, points, channel)
        for channel in zip(_BLUE, _WHITE, _RED, strict=True)
    ]
    return np.stack(channels, axis=-1) / 255


def grid(tiles: np.ndarray, caption: str) -> np.ndarray:
    """Tiles in rows of five, enlarged by a whole factor, under a caption.

    float in [0, 1], `(n, height, width, 1 or 3)`; not a number is drawn black.
    Returns uint8, `(height, width, 3)`, as wide as a card where tiles fit.
    """
    tiles = np.nan_to_num(np.clip(tiles, 0.0, 1.0))
    count, height, width, _ = tiles.shape
    factor = max(_TILE // max(height, width), 1)
    large = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    step_y, step_x = height * factor + _GAP, width * factor + _GAP
    canvas = np.ones((rows * step_y - _GAP, columns * step_x - _GAP, 3))
    for i, tile in enumerate(large):
        top, left = i // columns * step_y, i % columns * step_x
        canvas[top : top + step_y - _GAP, left : left + step_x - _GAP] = tile
    return _captioned(np.rint(255 * canvas).astype(np.uint8), caption)


def matrix(counts: np.ndarray, caption: str) -> np.ndarray:
    """Draws a confusion matrix: shade by share of the row, numbers if they fit.

    Of very many classes, neighbours share a row and a column. Counts are of
    true class (row) and predicted class (column).
    """
    counts = _merged(counts, -(-len(counts) // _MOST_CLASSES))
    classes = len(counts)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = max(_WIDTH // classes, 2)
    # White to blue; the root lets rare confusions be seen.
    shade = diverging(-np.sqrt(share), 1.0).repeat(side, 0).repeat(side, 1)
    image = Image.fromarray(np.rint(255 * shade).astype(np.uint8))
    if classes <= _MOST_NUMBERED_CLASSES:
        _number(ImageDraw.Draw(image), counts, share, side)
    return _captioned(np.asarray(image), caption)


def _merged(counts, size):
    """Sums over groups of `size` neighbouring classes."""
    starts = np.arange(0, len(counts), size)
    rows = np.add.reduceat(counts, starts, axis=0)
    return np.add.reduceat(rows, starts, axis=1)


def _number(draw, counts, share, side):
    for (i, j), count in np.ndenumerate(counts):
        draw.text(
            ((j + 0.5) * side, (i + 0.5) * side),
            str(count),
            fill=_WHITE if share[i, j] > 0.4 else (0, 0, 0),
            font=_FONT,
            anchor="mm",
        )


def _captioned(pixels, caption):
    height, width = pixels.shape[:2]
    canvas = Image.new("RGB", (max(width, _WIDTH), height + _LINE), "white")
    canvas.paste(Image.fromarray(pixels), (0, _LINE))
    draw = ImageDraw.Draw(canvas)
    draw.text((2, _LINE // 2), caption, fill="black", font=_FONT, anchor="lm")
    return np.asarray(canvas)
