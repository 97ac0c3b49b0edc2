"""Sections on what was measured at the newest checkpoints."""

import textwrap

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.runs import Group, Run
from xvat_tf.errors import printable
from xvat_tf.reporting.measured import Measured
from xvat_tf.reporting.parts import (
    KEY_HEIGHT,
    Picture,
    Section,
    Table,
    barred,
    drawn,
    keyed,
    strip,
)
from xvat_tf.training.evaluation.metrics import reliability

_MOST_ROWS = 20  # Of classes that are shown unasked.
_MOST_NUMBERED = 12
_LONGEST_TICK = 12
_LONGEST_LINE = 48  # Characters.
_LEAST_SHARE = 0.01
_SQUARE = (4.6, 4.4)

# Runs of each group that were measured, by its label, with its line.
Pools = list[tuple[str, style.Line, list[Measured]]]


def pools(groups: list[Group], measured: dict[Run, Measured]) -> Pools:
    """The measured runs of each group that has any."""
    found = [
        (group.label, line, [measured[r] for r in group.runs if r in measured])
        for group, line in zip(groups, style.lines(groups), strict=True)
    ]
    return [pool for pool in found if pool[2]]


def classes_section(found: Pools) -> Section:
    """Accuracy per class, mean over seeds, a column for each group."""
    section = Section("Accuracy per class", "In percent, mean over seeds.")
    if not found:
        return section
    columns = [
        np.mean([_by_class(one.confusion) for one in runs], axis=0)
        for _, _, runs in found
    ]
    first = found[0][2][0]
    classes, counts = first.classes, first.confusion.sum(axis=1)
    rows = [
        [printable(name), f"{count:,}", *map(barred, shares)]
        for name, count, *shares in zip(classes, counts, *columns, strict=True)
    ]
    labels = [keyed(line.color, label) for label, line, _ in found]
    fold = f"{len(rows)} classes" if len(rows) > _MOST_ROWS else ""
    section.tables = [Table(["class", "images", *labels], rows, fold)]
    return section


def _by_class(counts):
    """Share of each class that is right; NaN of one without images."""
    with np.errstate(invalid="ignore"):
        return counts.diagonal() / counts.sum(axis=1)


def confusion_section(found: Pools) -> Section:
    """A confusion matrix for each group, of all its seeds together."""
    section = Section(
        "Confusion matrices",
        "Rows are true classes, columns predicted ones, numbered from 0 where"
        " their names are long. A field is as dark as its share of the row;"
        " the number counts images, of all seeds together.",
    )
    for label, _, runs in found:
        counts = np.sum([one.confusion for one in runs], axis=0)
        section.pictures.append(_matrix(label, counts, runs[0].classes))
    return section


def _matrix(label, counts, classes) -> Picture:
    figure = style.new_figure(_SQUARE)
    panel = figure.subplots()
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The root lets rare confusions be seen.
    panel.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1.15)
    if len(classes) <= _MOST_NUMBERED:
        text = {"fontsize": 8, "ha": "center", "va": "center"}
        for i, j in np.argwhere(counts):
            color = "white" if share[i, j] > 0.4 else "black"
            panel.text(j, i, f"{counts[i, j]}", color=color, **text)
    if len(classes) <= _MOST_ROWS:
        _name_classes(panel, classes)
    title = textwrap.fill(label, _LONGEST_LINE)
    panel.set(xlabel="predicted", ylabel="true", title=title)
    right = counts.trace() / max(counts.sum(), 1)
    alt = f"Confusion matrix of {label}: {right:.1%} on the diagonal"
    return drawn(figure, alt)


def _name_classes(panel, classes):
    """By their names, if an axis has room and its font the signs for all."""
    places = range(len(classes))
    if any(not n.isascii() or len(n) > _LONGEST_TICK for n in classes):
        classes = list(map(str, places))
    turned = 90 if max(map(len, classes)) > 2 else 0
    as_is = {"parse_math": False}  # A class may be called $5_$.
    panel.set_xticks(places, classes, rotation=turned, **as_is)
    panel.set_yticks(places, classes, **as_is)


def calibration_section(found: Pools) -> Section:
    """Accuracy over confidence, a line for each group."""
    section = Section(
        "Calibration",
        "Accuracy of the images of each of 15 bins of confidence, all seeds"
        " together. On the diagonal a classifier is as often right as it says;"
        " below it is too sure. The size of a point is the share of the images"
        " in its bin; bins of less than 1 % have no line. The error, in the"
        " table of results, is the mean distance to the diagonal.",
    )
    if not found:
        return section
    figure = style.new_figure((5.4, 4.5 + KEY_HEIGHT * len(found)))
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    texts = []
    for label, line, runs in found:
        error = np.mean([one.calibration_error for one in runs])
        texts.append(f"{label}: {100 * error:.1f} %")
        key = textwrap.fill(texts[-1], _LONGEST_LINE)
        _draw_reliability(panel, line, runs, key)
    panel.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.02))
    panel.set(ylim=(0, 1.02), aspect="equal")
    panel.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=1)
    alt = f"Accuracy over confidence; error: {', '.join(texts)}"
    section.pictures.append(drawn(figure, alt))
    return section


def _draw_reliability(panel, line, runs, key):
    logits = np.concatenate([one.logits for one in runs])
    labels = np.concatenate([one.labels for one in runs])
    counts, confidence, right = reliability(logits, labels)
    share = counts / counts.sum()
    look = {"color": line.color, "marker": line.marker, "alpha": 0.7}
    panel.scatter(confidence, right, 8 + 200 * share, linewidths=0, **look)
    many = share >= _LEAST_SHARE
    look = {"color": line.color, "linestyle": line.linestyle}
    panel.plot(confidence[many], right[many], label=key, **look)


def images_section(found: Pools) -> Section:
    """The same images as each method masks or moves them."""
    section = Section(
        "Masks and perturbations",
        "Labeled training images, one of each class, as the newest checkpoints"
        " of one run of each method perturb them. A mask is black where it"
        " hides. A perturbation r is amplified: grey is no change.",
    )
    # Runs of another split show other images.
    alike: dict[tuple, list[Measured]] = {}
    for one in (one for *_, runs in found for one in runs if one.rows):
        alike.setdefault(one.positions, []).append(one)
    for some in alike.values():
        rows = [
            ("x", some[0].images),
            *(row for one in some for row in one.rows),
        ]
        section.strips += [strip(tiles, name) for name, tiles in rows]
    return section
