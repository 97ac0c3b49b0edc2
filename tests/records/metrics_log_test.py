import json
import os

import pytest

from xvat_tf.errors import UserError
from xvat_tf.records import MetricsLog, RunFolder, read_metrics
from xvat_tf.records.forms import Progress
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY


def line(step, accuracy):
    return {
        "step": step,
        "epoch": step // 10,
        "seconds": step / 2,
        "seconds_per_step": step / 100,
        "train": {},
        "test": {ACCURACY: accuracy, CROSS_ENTROPY: 1 - accuracy},
    }


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def finished(folder):
    log = MetricsLog(folder, Progress())
    for step, accuracy in ((10, 0.5), (20, 0.75), (30, 0.625)):
        log.append(line(step, accuracy))
    log.write_results("finished", "test", 30)
    return tuple(log.lines)


def test_results_by_hand(folder):
    finished(folder)
    results = folder.finished_results()
    assert results == {
        "status": "finished",
        "evaluated_on": "test",
        "final_accuracy": 0.625,
        "best_accuracy": 0.75,
        "median_of_last_20_accuracy": 0.625,
        "final_nll": 0.375,
        "steps": 30,
        "median_seconds_per_step": 0.2,
        "wall_seconds": 15.0,
        "checksum": results["checksum"],
    }
    assert json.loads(folder.results_file.read_text()) == results


def test_median_is_of_the_last_20(folder):
    log = MetricsLog(folder, Progress())
    for step in range(1, 31):
        log.append(line(step, step / 100))
    results = log.write_results("finished", "test", 30)
    assert results["median_of_last_20_accuracy"] == pytest.approx(0.205)


def test_a_run_without_an_evaluation_has_no_accuracy(folder):
    results = MetricsLog(folder, Progress()).write_results(
        "interrupted", "test", 7
    )
    assert results["final_accuracy"] is None
    assert results["steps"] == 7
    assert folder.finished_results() is None


@pytest.mark.parametrize("text", ["{", '{"step": 1}', "[]", "1"])
def test_a_damaged_line_is_named(folder, text):
    MetricsLog(folder, Progress()).append(line(10, 0.5))
    with folder.metrics_file.open("a") as file:
        file.write(text + "\n")
    with pytest.raises(UserError, match=r"line 2 of .*metrics\.jsonl"):
        read_metrics(folder)
    assert len(folder.metrics_file.read_text().splitlines()) == 2


@pytest.mark.parametrize("name", ["metrics.jsonl", "results.json"])
@pytest.mark.parametrize("old", ["0.75", "0.625", "20"])
def test_a_changed_number_is_not_believed(folder, name, old):
    finished(folder)
    path = folder.path / name
    if old in path.read_text():
        path.write_text(path.read_text().replace(old, "0.375", 1))
        assert folder.results() is None


@pytest.mark.parametrize("cut", [0, 1, 60])
def test_shortened_metrics_are_not_believed(folder, cut):
    finished(folder)
    text = folder.metrics_file.read_text()
    folder.metrics_file.write_text(text[:-cut] if cut else "")
    assert folder.results() is None


@pytest.mark.parametrize("change", ["gone", "flipped", "cut", "a pipe"])
def test_the_checkpoint_restores_the_evaluations(folder, change, capsys):
    lines = finished(folder)
    before, path = folder.metrics_file.read_text(), folder.metrics_file
    path.unlink()
    if change == "flipped":
        path.write_text(before.replace("0.75", "0.95"))
    elif change == "cut":
        path.write_text(before[:-5])
    elif change == "a pipe":
        os.mkfifo(path)
    log = MetricsLog(folder, Progress(step=30, evaluations=lines))
    assert log.lines == list(lines) and log.best_step == 20
    assert path.read_text() == before
    note = capsys.readouterr().err
    assert "is not as this run left it" in note and note.count("\n") == 1


def test_lines_after_the_checkpoint_are_dropped_without_a_word(folder, capsys):
    lines = finished(folder)
    MetricsLog(folder, Progress(step=20, evaluations=lines[:2]))
    assert read_metrics(folder) == list(lines[:2])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"step": 20', '"step": -20', "step is -20"),
        ('"step": 20', '"step": 9223372036854775808', "step is 9223372036854"),
        ('"step": 20', '"step": "20"', "step is 20: input should be a valid i"),
        ('"seconds": 10.0', '"seconds": NaN', "seconds is nan"),
        ("0.75", "75", f"test.{ACCURACY} is 75"),
        (f'"{ACCURACY}": 0.75, ', "", f"test.{ACCURACY}: field required"),
        ('"train": {}', '"train": "\\u001b[31m"', r"train is \\x1b\[31m"),
    ],
)
def test_a_value_that_does_not_fit_is_named(folder, old, new, fault):
    finished(folder)
    text = folder.metrics_file.read_text()
    first, second, third = text.splitlines(keepends=True)
    assert old in second
    folder.metrics_file.write_text(first + second.replace(old, new) + third)
    with pytest.raises(UserError, match=rf"line 2 of .*jsonl is dam.*{fault}"):
        read_metrics(folder)
