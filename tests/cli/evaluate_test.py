"""Evaluation of finished and empty runs, and their robustness."""

import json
import shutil

import numpy as np
import pytest

from tests.cli import terminal


@pytest.fixture
def copy(commands, trained):
    """A copy of the finished run, in the commands' current folder."""
    return shutil.copytree(trained.folder, commands.folder / "run")


def test_numbers_are_those_of_the_run(commands, trained, contents):
    before = contents(trained.folder)
    flags = (f"--log_dir={trained.folder}", "--json=out.json")
    ended = commands.called("evaluate", *flags)
    assert ended.err == ""
    result = json.loads((commands.folder / "out.json").read_text())
    results = json.loads((trained.folder / "results.json").read_text())
    assert result["accuracy"] == results["final_accuracy"]
    assert result["nll"] == pytest.approx(results["final_nll"], rel=1e-6)
    assert result["step"] == 300
    assert result["evaluated_on"] == "test"
    assert result["num_examples"] == 500
    matrix = np.array(result["confusion_matrix"])
    assert matrix.shape == (10, 10) and matrix.sum() == 500
    assert np.trace(matrix) == round(500 * result["accuracy"])
    again = result["after_reestimation"]
    assert np.sum(again["confusion_matrix"]) == 500
    # The run has 50 labeled images; the official batch has 100.
    assert again["finetune_batch_size"] == 50
    assert ended.value("accuracy") == f"{100 * result['accuracy']:.2f} %"
    assert ended.value("run folder") == str(trained.folder)
    assert contents(trained.folder) == before


def test_run_without_checkpoint(commands, copy):
    shutil.rmtree(copy / "checkpoints")
    line = commands.refused("evaluate", "--log_dir=run")
    assert line.startswith("run has no checkpoint yet: train first")


def test_best_checkpoint(commands, trained, copy):
    """The checkpoint knows which one is best, whatever metrics.jsonl says."""
    flags = ("--log_dir=run", "--checkpoint=best")
    best = commands.called("evaluate", *flags).value("step")
    path = copy / "metrics.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["test"]["accuracy/top1"] = 1.0
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert commands.called("evaluate", *flags).value("step") == best
    line = commands.refused("evaluate", "--log_dir=run", "--checkpoint=last")
    assert line.startswith("--checkpoint=last is not known")


def test_robustness(commands, trained):
    """Computed in a terminal, which shows how far it is."""
    flags = (
        f"--log_dir={trained.folder}",
        "--robustness",
        "--robustness_epsilons_l2=0.5",
        "--robustness_epsilons_linf=0.05,0.1",
        "--robustness_steps=2",
        "--robustness_images=60",
        "--json=out.json",
    )
    seen = terminal.watch(("evaluate", *flags), 80, commands.folder)
    assert seen.status == 0, "\n".join(seen.last)
    bars = seen.lines(" left  ")
    assert len(bars) > 2 and len({len(bar.split("|")[1]) for bar in bars}) == 1
    assert any("virtual adversarial" in bar for bar in bars)
    assert bars[-1].split("/")[0] == bars[-1].split("/")[1].split(" ")[0]
    result = json.loads((commands.folder / "out.json").read_text())
    report = result["robustness"]
    assert (report["num_images"], report["steps"]) == (60, 2)
    assert report["bounds"] == [-0.5, 0.5] and report["notes"] == []
    by_name = {
        (row["perturbation"], row["norm"], row["epsilon"]): row
        for row in report["rows"]
    }
    # Three and four attacks and noises, two kinds of masks in four forms
    # each, three shares.
    assert len(by_name) == 3 * 2 + 4 + 2 * 4 + 3
    for (name, norm, epsilon), row in by_name.items():
        assert 0 <= row["accuracy"] <= 1 and 0 <= row["success"] <= 1
        if norm == "l2":
            assert row["l2"] <= 0.5 + 1e-6, name
        if norm == "linf":
            assert row["l2"] <= epsilon * 8 + 1e-6, name
    worst = by_name["PGD", "l2", 0.5]["accuracy"]
    assert worst < by_name["random noise", "l2", 0.5]["accuracy"]
    kept = by_name["sampled mask", None, None]["kept"]
    shuffled = by_name["sampled mask, pixels shuffled", None, None]
    assert shuffled["kept"] == pytest.approx(kept)
    assert seen.lines("PGD, L2")
    # Before the statistics move: the evaluation is that without the report.
    plain = commands.called(
        "evaluate", f"--log_dir={trained.folder}", "--json=-"
    )
    assert json.loads(plain.out.splitlines()[0]) == {
        name: value for name, value in result.items() if name != "robustness"
    }
