"""What a page is made of: sections of tables and pictures, as HTML needs it."""

import base64
import dataclasses
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from PIL import Image

from xvat_tf.analysis.figures.output import with_palette
from xvat_tf.analysis.missing import Missing
from xvat_tf.errors import printable

KEY_HEIGHT = 0.24  # Inches of a line of a key; text is legible on a phone.
_DPI = 150
# What a picture of few pixels is enlarged to, and the room between two.
_TILE, _GAP = 96, 6


class Picture(NamedTuple):
    """A PNG file within the page, its `data:` address as source.

    `alt` is what it says, for who cannot see it.
    """

    source: str
    alt: str
    caption: str
    width: int
    height: int


class Table(NamedTuple):
    """Rows under a header; the first column is on the left.

    Cells are text, or Markup that is HTML already. A table with a `fold` is
    shown when a reader opens it, under that name.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    fold: str = ""


@dataclasses.dataclass
class Section:
    """A part of the page; what is missing in it has a line each."""

    title: str
    text: str = ""
    tables: list[Table] = dataclasses.field(default_factory=list)
    pictures: list[Picture] = dataclasses.field(default_factory=list)
    strips: list[Picture] = dataclasses.field(default_factory=list)
    missing: Missing = dataclasses.field(default_factory=Missing)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show or say."""
        shown = self.tables or self.pictures or self.strips
        return not (shown or self.missing.lines)


def keyed(color: str, label: str) -> Markup:
    """A label with the colour of its curve."""
    dot = '<span class="dot" style="--color:{}"></span>{}'
    key = Markup(f'<span class="key">{dot}</span>')
    return key.format(color, printable(label))


def barred(share: float) -> Markup:
    """A share in percent, over a bar of its length; a dash for NaN."""
    if np.isnan(share):
        return Markup("–")
    bar = '<span class="bar" style="--share:{:.1f}%">{:.1f}</span>'
    return Markup(bar).format(100 * share, 100 * share)


def drawn(figure, alt: str) -> Picture:
    """A picture of a Matplotlib figure."""
    return _picture(with_palette(figure, _DPI), alt, "")


def strip(tiles: np.ndarray, caption: str) -> Picture:
    """Pictures in a row.

    The tiles are float in [0, 1], `(n, height, width, 1 or 3)`; NaN is black.
    """
    tiles = np.rint(255 * np.nan_to_num(np.clip(tiles, 0, 1))).astype(np.uint8)
    factor = max(_TILE // max(tiles.shape[1:3]), 1)
    large = tiles.repeat(factor, axis=1).repeat(factor, axis=2)
    gap = ((0, 0), (0, 0), (0, _GAP), (0, 0))
    row = np.concatenate([*np.pad(large, gap, constant_values=255)], axis=1)
    row = Image.fromarray(row[:, :-_GAP].squeeze())
    return _picture(row, f"{caption}, {len(tiles)} images", caption)


def _picture(image, alt, caption):
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    text = base64.b64encode(file.getvalue()).decode()
    source = f"data:image/png;base64,{text}"
    return Picture(source, printable(alt), printable(caption), *image.size)
