"""A finished run: what it left, and what the same command does again."""

import json
import math
import statistics

import numpy as np
import pytest

STEPS = range(25, 301, 25)
TEST_TAGS = {
    "loss/total",
    "loss/cross_entropy",
    "loss/perturbed",
    "loss/expected_l0",
    "accuracy/top1",
    "mask/kept_fraction",
    "perturbation/norm",
}
TRAIN_TAGS = TEST_TAGS | {
    "optimizer/learning_rate",
    "optimizer/generator_learning_rate",
    "optimizer/beta_1",
    "speed/steps_per_second",
}


@pytest.fixture(scope="module")
def lines(trained):
    text = (trained.folder / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def results(trained):
    found = json.loads((trained.folder / "results.json").read_text())
    assert len(found.pop("checksum")) == 64
    return found


def test_folder_holds_what_its_contract_says(trained):
    assert {path.name for path in trained.folder.iterdir()} == {
        "settings.json",
        "split.npz",
        "metrics.jsonl",
        "results.json",
        "checkpoints",
        "train",
        "test",
        "figures",
    }
    names = {path.name for path in (trained.folder / "checkpoints").iterdir()}
    assert names == {f"step-{step}.npz" for step in (250, 275, 300)}


def test_one_line_of_metrics_per_evaluation(lines):
    assert [line["step"] for line in lines] == list(STEPS)
    assert [line["epoch"] for line in lines] == list(range(1, 13))
    for line in lines:
        assert set(line["train"]) == set(line["test"]) == TEST_TAGS
        assert all(map(math.isfinite, line["train"].values()))
        assert line["test"]["accuracy/top1"] * 500 == pytest.approx(
            round(line["test"]["accuracy/top1"] * 500)
        )
        assert line["seconds_per_step"] > 0
    seconds = [line["seconds"] for line in lines]
    assert seconds == sorted(seconds) and seconds[0] > 0
    first, last = lines[0]["train"], lines[-1]["train"]
    assert last["loss/cross_entropy"] < first["loss/cross_entropy"]


def test_results_follow_from_metrics(lines, results):
    accuracies = [line["test"]["accuracy/top1"] for line in lines]
    assert results == {
        "status": "finished",
        "evaluated_on": "test",
        "final_accuracy": accuracies[-1],
        "best_accuracy": max(accuracies),
        "median_of_last_20_accuracy": statistics.median(accuracies),
        "final_nll": lines[-1]["test"]["loss/cross_entropy"],
        "steps": 300,
        "median_seconds_per_step": statistics.median(
            line["seconds_per_step"] for line in lines
        ),
        "wall_seconds": lines[-1]["seconds"],
    }
    assert results["final_accuracy"] > 0.2


def test_tensorboard_shows_the_evaluations(trained, lines, scalars):
    points = scalars(trained.folder / "test")
    assert set(points) == TEST_TAGS
    for tag in TEST_TAGS:
        assert [step for step, _ in points[tag]] == list(STEPS)
        written = [value for _, value in points[tag]]
        recorded = [line["test"][tag] for line in lines]
        np.testing.assert_allclose(written, recorded, rtol=1e-6)


def test_tensorboard_shows_the_training(trained, scalars):
    points = scalars(trained.folder / "train")
    gradient = points.pop("generator/gradient_norm")
    assert [step for step, _ in gradient] == [0, 100, 200, 300]
    assert all(value > 0 for _, value in gradient)
    assert set(points) == TRAIN_TAGS
    expected = sorted({*range(10, 301, 10), *STEPS})
    for tag in TRAIN_TAGS:
        assert [step for step, _ in points[tag]] == expected
    rates = [value for _, value in points["optimizer/learning_rate"]]
    np.testing.assert_allclose(rates, 1e-3, rtol=1e-6)
    rates = [value for _, value in points["optimizer/generator_learning_rate"]]
    np.testing.assert_allclose(rates, 1e-6, rtol=1e-6)


def test_prints_progress_and_where_the_run_lies(trained, results):
    ended = trained.ended
    assert ended.err == ""
    assert ended.out.count("epoch ") == 12
    accuracy = f"{100 * results['final_accuracy']:.2f} %"
    assert ended.value("status") == "finished"
    assert ended.value("test accuracy, final") == accuracy
    assert ended.value("steps") == "300"
    assert ended.value("run folder") == str(trained.folder)


@pytest.mark.parametrize("place", [(), ("--data_dir=/elsewhere",)])
def test_same_command_again_trains_nothing(commands, trained, contents, place):
    before = contents(trained.folder)
    again = commands.called("train", *trained.flags, *place)
    assert again.err == ""
    assert "nothing was trained" in again.out
    assert again.value("run folder") == str(trained.folder)
    assert contents(trained.folder) == before


def test_log_dir_below_a_regular_file(commands, contents):
    (commands.folder / "file").write_text("text")
    for name in ("file", "file/run"):
        line = commands.refused(
            "train", "--dataset=digits", f"--log_dir={name}"
        )
        assert f"--log_dir={name} cannot be written" in line
    assert contents(commands.folder) == {"file": b"text"}
