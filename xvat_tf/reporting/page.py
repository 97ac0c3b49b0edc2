"""The page: a chapter for each data set, rendered as one HTML file."""

import pathlib
import warnings
from collections.abc import Callable
from typing import NamedTuple

from xvat_tf import machine
from xvat_tf.analysis.figures import boundary_figures, style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run, group
from xvat_tf.datasets import find_dataset
from xvat_tf.errors import printable
from xvat_tf.files.tables import counted
from xvat_tf.files.templates import read_template
from xvat_tf.reporting import evaluated, results
from xvat_tf.reporting.measured import measure
from xvat_tf.reporting.parts import Section, drawn
from xvat_tf.version import __version__

_TEMPLATE = "page.html"


class Chapter(NamedTuple):
    """Runs on one set of evaluated images: their number, what is known."""

    title: str
    count: int
    summary: str
    sections: list[Section]


def write_chapters(
    runs: list[Run], missing: Missing, advance: Callable[[], None]
) -> list[Chapter]:
    """Reads and evaluates runs: a chapter for each set of evaluated images.

    `missing` gets the damaged runs; `advance` is called after each run.
    """
    records = {}
    for run in runs:
        with missing.unless_drawn(str(run.folder.path)):
            records[run] = results.record(run)
    alike: dict[tuple, list[Run]] = {}
    for run in records:
        on = run.settings.data.evaluated_on
        key = run.dataset, run.data_sha256, on
        alike.setdefault(key, []).append(run)
    # A label, which a user may have chosen, can have signs that no font has.
    with style.applied(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        return [_chapter(some, records, advance) for some in alike.values()]


def _chapter(runs, records, advance):
    groups, lost = group(runs), Missing()
    measured = measure(groups, lost, advance)
    pools = evaluated.pools(groups, measured)
    errors = {run: one.calibration_error for run, one in measured.items()}
    needing = [
        evaluated.classes_section(pools),
        evaluated.confusion_section(pools),
        _perturbed(groups, pools),
        evaluated.calibration_section(pools),
    ]
    for section in needing if not pools else needing[:1]:
        section.missing = lost
    sections = [
        results.results_section(groups, records, errors),
        results.settings_section(groups),
        results.curves_section(groups),
        *needing,
    ]
    shown = [section for section in sections if not section.is_empty]
    data = groups[0].first.settings.data
    summary = _summary(groups, len(runs), data.evaluated_on)
    return Chapter(_title(data), len(runs), summary, shown)


def _title(data):
    """The data set, of a user by its file or folder too."""
    place = pathlib.Path(data.arrays_file or data.images_dir).name
    return printable(f"{data.dataset}: {place}" if place else data.dataset)


def _perturbed(groups, pools):
    """Pictures of images; of points of a plane the boundaries."""
    if not find_dataset(groups[0].first.dataset).is_planar:
        return evaluated.images_section(pools)
    section = Section(
        "Decision boundaries", "In the plane of the points, over the epochs."
    )
    with (
        machine.prepare(groups[0].first.settings.train),
        section.missing.unless_drawn("boundaries"),
    ):
        boundary_figures.draw(groups, _Inline(section), section.missing)
    return section


class _Inline:
    """Takes figures into a section, in the place of a folder of files."""

    def __init__(self, section):
        self._section = section

    def save(self, figure, name, flat=False):
        picture = drawn(figure, figure.get_suptitle())
        self._section.strips.append(picture)

    def animate(self, figure, frames, name):
        """A page that is read and printed stands still."""


def _summary(groups, count, on):
    methods = len({one.first.method for one in groups})
    kinds = counted(methods, "method")
    if methods < len(groups):
        kinds += f" in {counted(len(groups), 'setting')}"
    labels = {g.first.settings.data.num_labeled_examples for g in groups}
    known = f" with {counted(*labels, 'label')}" if len(labels) == 1 else ""
    if labels == {0}:
        known = " with all labels"
    runs = counted(count, "run")
    return f"{runs} of {kinds}{known}, evaluated on {on} images."


def render(chapters: list[Chapter], title: str, missing: list[str]) -> str:
    """The page as HTML, which needs no other file.

    `missing` is what it cannot show, one line each.
    """
    # What runs are called and set to may be a stranger's: it is escaped.
    return read_template(__package__, _TEMPLATE, escaped=True).render(
        chapters=chapters,
        title=printable(title),
        missing=missing,
        version=__version__,
    )
