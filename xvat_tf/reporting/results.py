"""What the records of runs say: results, settings, curves."""

from markupsafe import Markup

from xvat_tf.analysis.figures import curves, style
from xvat_tf.analysis.runs import SEEDS, Group, Run
from xvat_tf.errors import printable
from xvat_tf.files.tables import counted, spread, spread_text
from xvat_tf.records import evaluated_with, read_metrics, summarize
from xvat_tf.reporting.parts import KEY_HEIGHT, Section, Table, drawn, keyed

_ACCURACIES = ("final_accuracy", "median_of_last_20_accuracy", "best_accuracy")
_HEADER = (
    *("method", "runs", "final, %", "median of last 20, %", "best, %"),
    *("calibration error, %", "NLL, nats", "steps", "training, s"),
)
_LACKING = "–"  # In the place of a setting of other methods.


def record(run: Run) -> dict:
    """Reads what came of a run; `"unfinished"` is its status without results.

    The accuracies are with the weights that its method is evaluated with. A
    UserError says that it is damaged.
    """
    results = run.folder.results()
    if results is None:
        lines = read_metrics(run.folder)
        on = run.settings.data.evaluated_on
        steps = lines[-1]["step"] if lines else 0
        results = summarize(lines, "unfinished", on, steps)
    return {**results, **evaluated_with(results, run.settings.method.weights)}


def results_section(
    groups: list[Group],
    records: dict[Run, dict],
    errors: dict[Run, float],
) -> Section:
    """Accuracy and cost of each group, and its runs one by one.

    `errors` are the calibration errors, in [0, 1], of the runs whose checkpoint
    was evaluated.
    """
    rows, finals, several = [], [], False
    for group, line in zip(groups, style.lines(groups), strict=True):
        found = {run: records[run] for run in group.runs}
        done = {r: x for r, x in found.items() if x["status"] == "finished"}
        # Those that are finished count, unless none is.
        counting = done or found
        several |= len(counting) > 1
        label = keyed(line.color, group.label)
        unfinished = "" if done else ", unfinished"
        used, wrong = list(counting.values()), map(errors.get, counting)
        rows.append([label, f"{len(used)}{unfinished}", *_cells(used, wrong)])
        final = spread(one["final_accuracy"] for one in used)
        finals.append(final.mean if final else 0.0)
    for row, final in zip(rows, finals, strict=True):
        if final == max(finals) > 0 and len(rows) > 1:
            row[2] = Markup("<strong>{}</strong>").format(row[2])
    section = Section("Results", _results_text(groups, several))
    section.tables = [Table(_HEADER, rows), _runs_table(groups, records)]
    return section


def _cells(used, errors):
    """Cells of the records of a group, in the order of the header."""
    steps = [one["steps"] for one in used]
    ends = sorted({min(steps), max(steps)})
    return [
        *(_percent(one[key] for one in used) for key in _ACCURACIES),
        _percent(errors),
        spread_text(spread(one["final_nll"] for one in used), ".3f"),
        " to ".join(f"{step:,}" for step in ends),
        spread_text(spread(one["wall_seconds"] for one in used), ",.0f"),
    ]


def _percent(shares):
    known = [100 * share for share in shares if share is not None]
    return spread_text(spread(known))


def _results_text(groups, several):
    text = (
        "Numbers are mean ± sample standard deviation over seeds."
        if several
        else "One seed each: how far another seed would move a number is not"
        " known."
    )
    repeated = [
        group.label
        for group in groups
        if len({run.seeds for run in group.runs}) < len(group.runs)
    ]
    if repeated:
        text += (
            f" Of {', '.join(repeated)} some runs have the same seeds: they"
            " repeat one another, and a deviation over them says little."
        )
    averaged = [
        group.label
        for group in groups
        if group.first.settings.method.weights == "averaged"
    ]
    if averaged:
        text += f" Of {', '.join(averaged)} the averaged weights are evaluated."
    return (
        f"{text} The best accuracy was picked on the evaluated images"
        " themselves: quote the final one or the median."
    )


def _runs_table(groups, records):
    header = ["run", "method", "state", "seed", "split seed", "step"]
    rows = [
        [
            printable(str(run.folder.path)),
            printable(group.label),
            records[run]["status"],
            *map(str, run.seeds),
            f"{records[run]['steps']:,}",
            _percent([records[run]["final_accuracy"]]),
        ]
        for group in groups
        for run in group.runs
    ]
    return Table([*header, "final, %"], rows, f"{counted(len(rows), 'run')}")


def settings_section(groups: list[Group]) -> Section:
    """Settings that tell the groups apart, and those that they share."""
    values = [group.first.values((*SEEDS, "method")) for group in groups]
    names = list(dict.fromkeys(name for one in values for name in one))
    differing, lacking, alike = [], [], []
    for name in names:
        texts = [_text(one.get(name)) for one in values]
        if len(set(texts) - {_LACKING}) > 1:
            differing.append([name, *texts])
        elif _LACKING in texts:
            lacking.append([name, *texts])
        else:
            alike.append([name, texts[0]])
    header = ["setting"] + [
        keyed(line.color, group.label)
        for group, line in zip(groups, style.lines(groups), strict=True)
    ]
    tables = [
        Table(header, differing),
        Table(header, lacking, f"{len(lacking)} that not every method has"),
        Table(["setting", "value"], alike, f"{len(alike)} that all share"),
    ]
    text = "" if differing else "What every method has does not differ."
    return Section("Settings", text, [one for one in tables if one.rows])


def _text(value):
    if value is None:
        return _LACKING
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return printable(f"{value:g}" if isinstance(value, float) else str(value))


def curves_section(groups: list[Group]) -> Section:
    """Accuracy and losses over the epochs, with bands over seeds."""
    section = Section("Curves")
    found = curves.read_curves(groups, section.missing)
    on = groups[0].first.settings.data.evaluated_on
    for what in curves.PANELS:
        part, tag, title, _ = what
        shown = [one for one in found if len(one.band(part, tag)[0])]
        if not shown:
            continue
        figure = style.new_figure((5.4, 3.5 + KEY_HEIGHT * len(shown)))
        curves.draw_panel(figure.subplots(), shown, what, on)
        curves.add_keys(figure, shown, columns=1)
        labels = ", ".join(curve.label for curve in shown)
        alt = f"{title} over the epochs, a curve each for {labels}"
        section.pictures.append(drawn(figure, alt))
    if any(len(curve.metrics) > 1 for curve in found):
        section.text = "Bands are one standard deviation over seeds."
    return section
