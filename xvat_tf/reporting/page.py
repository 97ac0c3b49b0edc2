"""The page: a chapter for each data set, rendered as one HTML file."""

import dataclasses
import pathlib
import statistics
import warnings
from collections.abc import Callable

from xvat_tf import machine
from xvat_tf.analysis.figures import boundary_figures, style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run, group
from xvat_tf.datasets import find_dataset
from xvat_tf.errors import printable
from xvat_tf.files.tables import counted, spread, spread_text
from xvat_tf.files.templates import read_template
from xvat_tf.reporting import evaluated, results
from xvat_tf.reporting.measured import measure
from xvat_tf.reporting.parts import Section, drawn
from xvat_tf.version import __version__

_TEMPLATE = "page.html"


@dataclasses.dataclass(frozen=True)
class Chapter:
    """Runs on one data set.

    Attributes:
        title: The data set.
        count: Number of runs.
        summary: What was run, and which method ends highest.
        sections: What is known of them.
    """

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
        return [
            _chapter(group(some), records, advance) for some in alike.values()
        ]


def _chapter(groups, records, advance):
    lost = Missing()
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
    count = sum(len(one.runs) for one in groups)
    summary = _summary(groups, records, count)
    return Chapter(_title(groups[0].first.settings.data), count, summary, shown)


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


@dataclasses.dataclass(frozen=True)
class _Inline:
    """Takes figures into a section, in the place of a folder of files."""

    section: Section

    def save(self, figure, name, flat=False):
        picture = drawn(figure, figure.get_suptitle())
        self.section.strips.append(picture)

    def animate(self, figure, frames, name):
        """A page that is read and printed stands still."""


def _summary(groups, records, count):
    """What was run, and where it ends highest."""
    settings = groups[0].first.settings
    methods = len({g.first.method for g in groups})
    kinds = counted(methods, "method")
    if methods < len(groups):
        kinds += f" in {counted(len(groups), 'setting')}"
    labels = {g.first.settings.data.num_labeled_examples for g in groups}
    known = f" with {counted(*labels, 'label')}" if len(labels) == 1 else ""
    if labels == {0}:
        known = " with all labels"
    text = (
        f"{counted(count, 'run')} of {kinds}{known}, evaluated on"
        f" {settings.data.evaluated_on} images."
    )
    finals = {group.label: results.finals(group, records) for group in groups}
    finals = {label: found for label, found in finals.items() if found}
    if len(finals) < 2:
        return text
    best = max(finals, key=lambda label: statistics.fmean(finals[label]))
    ends = spread_text(spread(finals[best]))
    return f"{text} {printable(best)} ends highest, at {ends} %."


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
