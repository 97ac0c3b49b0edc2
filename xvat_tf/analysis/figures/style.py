"""One look for all figures: readable in print, on a slide, colour-blind.

Colours are those of Okabe and Ito ("Color Universal Design", 2008); line
styles and markers say the same again, for print without colour.
"""

import contextlib
import itertools
from collections.abc import Iterator

from xvat_tf.analysis.runs import Group
from xvat_tf.methods import Line

BLUE, VERMILION = "#0072B2", "#D55E00"
# Orange, white, purple: safe for colour-blind readers, as is cividis.
DIVERGING = "PuOr"
SEQUENTIAL = "cividis"
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


# For a second, third, ... group of the same method.
_MORE = (
    Line("#009E73", "-", "v"),
    Line("#CC79A7", "--", "D"),
    Line("#56B4E9", "-.", "P"),
    Line("#E69F00", ":", "X"),
)


def lines(groups: list[Group]) -> list[Line]:
    """Looks of groups, in order."""
    found, spare, used = [], itertools.cycle(_MORE), set()
    for group in groups:
        method = group.first.settings.method
        found.append(next(spare) if method.name in used else method.line)
        used.add(method.name)
    return found


def new_figure(size: tuple[float, float], layout: str = "constrained"):
    """An empty figure, width and height in inches."""
    from matplotlib.figure import Figure  # Slow, and only for this.

    return Figure(size, layout=layout)


def bare(panel) -> None:
    """Takes ticks and frame off a panel that is a picture."""
    panel.set(xticks=[], yticks=[])
    for spine in panel.spines.values():
        spine.set_visible(False)


def show_picture(panel, picture) -> None:
    """Shows an image, `(height, width, 1 or 3)` in [0, 1]."""
    panel.imshow(picture.squeeze(), cmap="gray", vmin=0, vmax=1)
    bare(panel)


@contextlib.contextmanager
def applied() -> Iterator[None]:
    """A block in which matplotlib draws in this style."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # A matplotlibrc may lie in this folder.
        matplotlib.rcParams.update(_SETTINGS)
        yield
