"""One look for all figures: readable in print, on a slide, colour-blind.

Colours are those of Okabe and Ito ("Color Universal Design", 2008); line
styles and markers say the same again, for print without colour.
"""

import contextlib
import dataclasses
import io
import pathlib
from collections.abc import Iterable, Iterator

from xvat_tf.analysis.runs import Group

FORMATS = ("png", "pdf", "svg")
BLUE, VERMILION = "#0072B2", "#D55E00"
# Orange, white, purple: safe for colour-blind readers, as is cividis.
DIVERGING = "PuOr"
SEQUENTIAL = "cividis"
_DPI = 130
_ANIMATION_DPI = 96
_FRAMES_PER_SECOND = 2
_SETTINGS = {
    "font.size": 11,
    "axes.titlesize": 11,
    "figure.titlesize": 13,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "image.interpolation": "nearest",
    "lines.linewidth": 2,
    "pdf.fonttype": 42,  # Text stays text: editable, searchable.
    "svg.fonttype": "none",
}


@dataclasses.dataclass(frozen=True)
class Line:
    """How a method is drawn, the same in every figure."""

    color: str
    linestyle: str
    marker: str


_METHODS = {
    "mle": Line("#000000", ":", "o"),
    "at": Line("#E69F00", "--", "s"),
    "vat": Line("#0072B2", "--", "s"),
    "vatent": Line("#56B4E9", "-.", "D"),
    "xat": Line("#CC79A7", "-.", "v"),
    "xvat": Line("#D55E00", "-", "^"),
}
# For a second, third, ... group of the same method.
_MORE = (
    Line("#009E73", "-", "v"),
    Line("#CC79A7", "--", "D"),
    Line("#56B4E9", "-.", "P"),
    Line("#E69F00", ":", "X"),
)


def lines(groups: list[Group]) -> list[Line]:
    """Looks of groups, in order."""
    found, spare, used = [], 0, set()
    for group in groups:
        method = group.first.method
        if method in used:
            found.append(_MORE[spare % len(_MORE)])
            spare += 1
        else:
            found.append(_METHODS[method])
        used.add(method)
    return found


def bare(panel) -> None:
    """Takes ticks and frame off a panel that is a picture."""
    panel.set(xticks=[], yticks=[])
    for spine in panel.spines.values():
        spine.set_visible(False)


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """A block in which matplotlib draws in this style."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        yield


class Output:
    """Writes figures into a folder.

    Args:
        folder: Made if it is not there.
        extension: One of `FORMATS`; animations are GIF whatever it is.

    Attributes:
        written: Paths so far, in order.
    """

    def __init__(self, folder: pathlib.Path, extension: str = "png"):
        self._folder, self._extension = folder, extension
        self.written = []

    def save(self, figure, name: str, flat: bool = False) -> None:
        """Writes a figure.

        Args:
            figure: The figure.
            name: Of the file, without extension.
            flat: Whether it has few colours, all of them in large areas: as
                PNG it is a third with a palette.
        """
        path = self._path(f"{name}.{self._extension}")
        if flat and self._extension == "png":
            _save_with_palette(figure, path)
        else:
            figure.savefig(path, dpi=_DPI)
        self.written.append(path)

    def animate(self, figure, frames: Iterable, name: str) -> None:
        """Writes a GIF.

        Args:
            figure: The figure that each frame changes.
            frames: An iterator; the figure is taken after each step of it.
            name: Of the file, without extension.
        """
        from matplotlib.animation import PillowWriter
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(figure)
        path = self._path(f"{name}.gif")
        writer = PillowWriter(fps=_FRAMES_PER_SECOND)
        with writer.saving(figure, str(path), _ANIMATION_DPI):
            for _ in frames:
                writer.grab_frame()
        self.written.append(path)

    def _path(self, name):
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / name


def _save_with_palette(figure, path):
    from PIL import Image

    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=_DPI)
    picture = Image.open(drawn).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
