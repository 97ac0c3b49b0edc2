import json

import pytest

from xvat_tf.errors import UserError
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.tags import ACCURACY, CROSS_ENTROPY


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


def test_results_by_hand(folder):
    log = MetricsLog(folder, step=0)
    for step, accuracy in ((10, 0.5), (20, 0.75), (30, 0.625)):
        log.append(line(step, accuracy))
    results = log.write_results("finished", "test", 30)
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
    }
    assert json.loads(folder.results_file.read_text()) == results
    assert folder.finished_results() == results


def test_median_is_of_the_last_20(folder):
    log = MetricsLog(folder, step=0)
    for step in range(1, 31):
        log.append(line(step, step / 100))
    results = log.write_results("finished", "test", 30)
    assert results["median_of_last_20_accuracy"] == pytest.approx(0.205)


def test_a_run_without_an_evaluation_has_no_accuracy(folder):
    results = MetricsLog(folder, step=0).write_results("interrupted", "test", 7)
    assert results["final_accuracy"] is None
    assert results["steps"] == 7
    assert folder.finished_results() is None


def test_lines_after_the_continued_step_are_dropped(folder):
    log = MetricsLog(folder, step=0)
    log.append(line(10, 0.5))
    log.append(line(20, 0.75))
    again = MetricsLog(folder, step=15)
    assert [each["step"] for each in again.lines] == [10]
    assert len(folder.metrics_file.read_text().splitlines()) == 1
    assert again.seconds == 5.0


@pytest.mark.parametrize("text", ["{", '{"step": 1}', "[]", "1"])
def test_a_damaged_line_is_named(folder, text):
    MetricsLog(folder, step=0).append(line(10, 0.5))
    with folder.metrics_file.open("a") as file:
        file.write(text + "\n")
    with pytest.raises(UserError, match=r"line 2 of .*metrics\.jsonl"):
        MetricsLog(folder, step=99)
    assert len(folder.metrics_file.read_text().splitlines()) == 2
