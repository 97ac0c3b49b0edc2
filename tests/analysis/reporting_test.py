"""Numbers and texts of the page that compares runs, by hand."""

import dataclasses
import io
import json
import re

import numpy as np
import pytest

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.curves import read_curves
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run, group
from xvat_tf.files.tables import spread, spread_text
from xvat_tf.records import RunFolder
from xvat_tf.records.tags import (
    ACCURACY,
    AVERAGED_ACCURACY,
    AVERAGED_CROSS_ENTROPY,
    CROSS_ENTROPY,
    TOTAL,
)
from xvat_tf.reporting import evaluated, results
from xvat_tf.reporting.measured import Measured
from xvat_tf.reporting.parts import strip
from xvat_tf.settings import resolve
from xvat_tf.training.evaluation.metrics import reliability


@pytest.fixture
def run(tmp_path):
    """Makes a run folder of evaluations (accuracy, averaged accuracy)."""

    def make(name, *accuracies, status="finished", **given):
        settings = resolve({"dataset": "digits", **given})
        folder = RunFolder(tmp_path / name)
        folder.path.mkdir()
        lines = [
            {
                "step": step,
                "epoch": step,
                "seconds": 10.0 * step,
                "seconds_per_step": 1.0,
                "train": {TOTAL: 1.0},
                "test": {
                    ACCURACY: raw,
                    CROSS_ENTROPY: 0.5,
                    AVERAGED_ACCURACY: averaged,
                    AVERAGED_CROSS_ENTROPY: 0.25,
                },
            }
            for step, (raw, averaged) in enumerate(accuracies, start=1)
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        folder.metrics_file.write_text(text)
        if status:
            on, steps = settings.data.evaluated_on, len(lines)
            found = results.summarize(lines, status, on, steps)
            folder.write_results(found)
        return Run(folder, settings)

    return make


def _section(runs, errors=None):
    groups, records = group(runs), {run: results.record(run) for run in runs}
    return results.results_section(groups, records, errors or {})


def _plain(cell):
    return re.sub("<[^>]*>", "", cell)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], "–"),
        ([None, float("nan")], "–"),
        ([50.0], "50.00"),
        ([None, 50.0], "50.00"),
        ([90.0, 92.0], "91.00 ± 1.41"),
    ],
)
def test_mean_and_deviation(values, text):
    assert spread_text(spread(values)) == text


def test_a_row_by_hand(run):
    runs = [
        run("a", (0.5, 0.1), (0.9, 0.1), (0.8, 0.1), method="mle", seed=1),
        run("b", (0.7, 0.1), (0.6, 0.1), method="mle", seed=2),
    ]
    section = _section(runs, {runs[0]: 0.02, runs[1]: 0.04})
    [row] = section.tables[0].rows
    # Finals 80, 60; medians 80, 65; best 90, 70; deviations 20 and 15 / √2.
    assert [_plain(cell) for cell in row] == [
        *("MLE", "2", "70.00 ± 14.14", "72.50 ± 10.61", "80.00 ± 14.14"),
        *("3.00 ± 1.41", "0.500 ± 0.000", "2 to 3", "25 ± 7"),
    ]


def test_unfinished_runs_count_where_no_other_does(run):
    one = [
        run("a", (0.9, 0.1), method="mle", seed=1),
        run("b", (0.1, 0.1), method="mle", seed=2, status="interrupted"),
        run("c", (0.3, 0.1), method="vat", status=""),
    ]
    section = _section(one)
    rows = section.tables[0].rows
    shown = [[_plain(cell) for cell in row[:3]] for row in rows]
    assert shown == [["MLE", "1", "90.00"], ["VAT", "1, unfinished", "30.00"]]
    states = {row[0]: row[2] for row in section.tables[1].rows}
    assert list(states.values()) == ["finished", "interrupted", "unfinished"]


def test_a_method_of_averaged_weights_has_their_numbers(run):
    teacher = run("a", (0.5, 0.8), (0.6, 0.9), method="mean_teacher")
    section = _section([teacher])
    assert _plain(section.tables[0].rows[0][2]) == "90.00"
    assert "the averaged weights are evaluated" in section.text
    [curve] = read_curves(group([teacher]), Missing())
    np.testing.assert_array_equal(curve.band("test", ACCURACY)[1], [0.8, 0.9])
    np.testing.assert_array_equal(curve.band("test", CROSS_ENTROPY)[1], 0.25)


def test_a_run_without_an_evaluation_has_dashes(run):
    [row] = _section([run("a", method="mle", status="")]).tables[0].rows
    assert row[1:] == ["1, unfinished", "–", "–", "–", "–", "–", "0", "0"]


def test_settings_that_differ_are_lacking_or_alike(run):
    section = results.settings_section(
        group(
            [
                run("a", method="vat", epsilon=1.0, eta=0.5),
                run("b", method="xvat", eta=2.0),
            ]
        )
    )
    differing, lacking, alike = (
        {row[0]: list(row[1:]) for row in table.rows}
        for table in section.tables
    )
    assert differing["eta"] == ["0.5", "2"]
    assert lacking["epsilon"] == ["1", "–"] and lacking["beta"][0] == "–"
    assert alike["hidden_sizes"] == ["256, 256"]
    assert "seed" not in alike and "method" not in differing


def test_bins_of_confidence():
    p = np.array([[0.62, 0.38], [0.64, 0.36], [0.05, 0.95]])
    counts, confidence, right = reliability(np.log(p), np.array([0, 1, 1]))
    assert counts.tolist() == [2, 1]
    np.testing.assert_allclose(confidence, [0.63, 0.95])
    np.testing.assert_allclose(right, [0.5, 1.0])


def _measured(guesses, labels, **more):
    logits = 5.0 * np.eye(3)[guesses]
    return Measured(logits, np.array(labels), ("ant", "bee", "cat"), **more)


LINE = style.Line("black", "-", "o")


def test_accuracy_per_class_is_the_mean_over_seeds():
    pools = [
        (
            "MLE",
            LINE,
            [
                _measured([0, 0, 1, 1], [0, 0, 1, 0]),
                _measured([0, 1, 0, 1], [0, 0, 1, 0]),
            ],
        )
    ]
    section = evaluated.classes_section(pools)
    found = [[_plain(cell) for cell in row] for row in section.tables[0].rows]
    # ant: 2/3 and 1/3; bee: 1 and 0; there is no cat.
    assert found == [
        ["ant", "3", "50.0"],
        ["bee", "1", "50.0"],
        ["cat", "0", "–"],
    ]
    [picture] = evaluated.confusion_section(pools).pictures
    assert picture.alt == "Confusion matrix of MLE: 50.0% on the diagonal"


@pytest.mark.parametrize(
    "names, ticks",
    [
        (("$5_$", "$a^$", "b{"), ["$5_$", "$a^$", "b{"]),
        (("a", "b", "a name that is too long"), ["0", "1", "2"]),
        (("a", "b", "é"), ["0", "1", "2"]),
    ],
)
def test_names_of_classes_are_drawn_as_they_are(names, ticks, monkeypatch):
    one = dataclasses.replace(_measured([0], [0]), classes=names)
    figures = []
    monkeypatch.setattr(evaluated, "drawn", lambda f, alt: figures.append(f))
    evaluated.confusion_section([("MLE", LINE, [one])])
    [panel] = figures[0].axes
    assert [text.get_text() for text in panel.get_xticklabels()] == ticks
    figures[0].savefig(io.BytesIO())


def test_images_of_another_split_have_rows_of_their_own():
    images = np.zeros((2, 4, 4, 1))
    shown = [
        _measured([0], [0], positions=at, images=images, rows=((name, images),))
        for at, name in (((1, 2), "a"), ((3, 4), "b"), ((1, 2), "c"))
    ]
    pools = [(one.rows[0][0], LINE, [one]) for one in shown]
    strips = evaluated.images_section(pools).strips
    assert [s.caption for s in strips] == ["x", "a", "c", "x", "b"]


def test_a_strip_is_enlarged_by_a_whole_factor():
    tiles = np.array([np.zeros((2, 2, 1)), np.full((2, 2, 1), np.nan)])
    found = strip(tiles, "caption")
    # 96 / 2 = 48 pixels for one, 6 between two.
    assert (found.width, found.height) == (2 * 96 + 6, 96)
