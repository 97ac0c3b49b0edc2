"""Runs found by pattern and grouped by what they differ in."""

import os

import numpy as np
import pytest

from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Run, find, group, read
from xvat_tf.analysis.states import spread
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve


def run(name="run", **given):
    settings = resolve({"dataset": "digits", "method": "xvat", **given})
    return Run(RunFolder(name), settings)


def test_runs_that_differ_in_seeds_and_places_are_one_group():
    runs = [
        run("c", seed=3, dataset_seed=3, snapshot_epochs=2),
        run("a", seed=1, log_dir="elsewhere"),
        run("m", method="mle"),
    ]
    groups = group(runs)
    assert [one.label for one in groups] == ["MLE", "xVAT"]
    names = [str(one.folder.path) for one in groups[1].runs]
    assert names == ["a", "c"]
    assert groups[1].first is runs[1]


def test_groups_of_one_method_are_told_apart():
    groups = group(
        [run(eta=0.5), run(eta=2.0, lambda_l0=3.0), run(method="vat")]
    )
    assert [one.label for one in groups] == [
        "VAT",
        "xVAT, eta=0.5, lambda_l0=1.0",
        "xVAT, eta=2.0, lambda_l0=3.0",
    ]


def test_several_data_sets_are_refused():
    with pytest.raises(UserError, match=r"several data sets \(digits, moons\)"):
        group([run(), run(dataset="moons")])


def test_patterns_and_paths_are_found_once(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    missing = Missing()
    patterns = [f"{tmp_path}/b", f"{tmp_path}/*", f"{tmp_path}/c-*"]
    patterns += [f"{tmp_path}/a/../b", os.path.relpath(tmp_path / "a")]
    assert [p.name for p in find(patterns, missing)] == ["b", "a"]
    assert missing.lines == [
        f"--runs={tmp_path}/c-*: there is nothing of that name: give run"
        " folders."
    ]


def test_a_run_is_drawn_where_and_as_this_machine_can(tmp_path):
    settings = resolve(
        {
            "dataset": "digits",
            "method": "vat",
            "dtype": "float64",
            "device": "/gpu:5",
        }
    )
    nothing = np.zeros(0, np.int64)

    class Split:
        sha256 = "0" * 64

        @staticmethod
        def save(path):
            np.savez(path, labeled=nothing)

    RunFolder(tmp_path).record_start(settings, Split)
    found = read(tmp_path, {"data_dir": "/here"})
    assert found.settings.train.dtype == "float32"
    assert found.settings.train.device == "/gpu:0"
    assert found.settings.data.data_dir == "/here"
    assert found.settings.method == settings.method


def test_missing_keeps_each_line_once():
    missing = Missing()
    for _ in range(2):
        with missing.unless_drawn("figure 6"):
            raise UserError("no weights")
    assert missing.lines == ["figure 6: no weights"]


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [
        (11, 5, [0, 2, 5, 8, 10]),
        (3, 5, [0, 1, 2]),
        (1, 5, [0]),
        (10, 2, [0, 9]),
    ],
)
def test_spread(length, count, expected):
    assert spread(length, count) == expected
