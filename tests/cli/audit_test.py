"""The audit command: tables and JSON of tiny real runs, and how it fails."""

import json
import pathlib
import shutil

import numpy as np
import pytest
from sklearn.datasets import load_digits

from tests.cli.conftest import train_small
from xvat_tf import audit


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Folder of a small run whose masks are a table. Read only."""
    folder = tmp_path_factory.mktemp("audit")
    train_small("digits-xvat-table", folder, "--mask_model=transductive")
    return folder / "digits-xvat-table"


def tables(out):
    """Rows of each table, a dict by column each, by the table's title."""
    found = {}
    for part in out.split("## ")[1:]:
        title, _, head, _, *lines = part.strip().splitlines()
        rows = [[cell.strip() for cell in _cells(line)] for line in lines]
        names = [cell.strip() for cell in _cells(head)]
        found[title] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def _cells(line):
    return line.strip("|").split("|")


def test_digits_by_the_command(commands, runs, table):
    ended = commands.called(
        "audit",
        f"--runs={runs}/digits-*,{table}",
        "--num_images=40",
        "--json=a.json",
    )
    assert ended.err == ""
    entries = json.loads((commands.folder / "a.json").read_text())["runs"]
    folders = [pathlib.Path(entry["log_dir"]) for entry in entries]
    names = [folder.name for folder in folders]
    assert names[:2] == ["digits-mle", "digits-vat"]
    assert set(folders[2:]) == {
        runs / "digits-xvat",
        runs / "digits-xvat-2",
        table,
    }
    accuracy, where, effect, weights = tables(ended.out).values()
    for folder, entry, row in zip(folders, entries, accuracy, strict=True):
        results = json.loads((folder / "results.json").read_text())
        assert entry["accuracy"] == results["final_accuracy"]
        assert row["accuracy"] == f"{results['final_accuracy']:.2%}"
        assert (row["steps"], row["finished"]) == ("12", "yes")
        iterations = "2" if folder.name == "digits-vat" else "–"
        assert row["power iterations"] == iterations
        assert len(entry["masks"]) == (2 if entry["method"] == "xvat" else 0)
        assert set(entry["weights"]["layers"]) == {"dense1", "logits"}
    kinds = [(row["mask"], row["images"]) for row in where]
    assert kinds.count(("sampled", "40 test")) == 2
    assert kinds.count(("noise-free", "40 training")) == 1
    assert len(effect) == len(where) == 6
    assert [row["layer"] for row in weights] == ["dense1", "all, mean"] * 5
    assert weights[0]["weights"] == "512"


def test_a_table_is_measured_as_counted_from_its_checkpoint(table, capsys):
    audit.main([f"--runs={table}", "--json=-"])
    line = capsys.readouterr().out.splitlines()[-1]
    (entry,) = json.loads(line)["runs"]
    (noise_free,) = [m for m in entry["masks"] if m["kind"] == "noise_free"]
    with np.load(table / "checkpoints" / "step-12.npz") as file:
        log_alpha = file["generator/0"][..., 0]
    with np.load(table / "split.npz") as file:
        unlabeled = file["unlabeled"]
    # A noise-free entry is 0 where sigmoid(log alpha / beta) is 1 / 12.
    deleted = log_alpha <= 0.66 * np.log(1 / 11)
    # 8 of 16 levels are stored as 128 of 255.
    strokes = load_digits().images[unlabeled] >= 8
    assert noise_free["num_images"] == len(unlabeled)
    found, expected = (
        noise_free["salience"],
        {
            "deleted": deleted.mean(),
            "on_strokes": strokes[deleted].mean(),
            "chance": strokes.mean(),
            "ratio": strokes[deleted].mean() / strokes.mean(),
            "deleted_strokes": deleted[strokes].mean(),
            "deleted_ground": deleted[~strokes].mean(),
        },
    )
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert 0.02 < found["deleted"] < 0.1


def test_points_have_no_strokes(runs, capsys):
    audit.main([f"--runs={runs}/moons-xvat", "--num_images=50"])
    found = tables(capsys.readouterr().out)
    assert not any("strokes" in title for title in found)
    effect = found["Accuracy under masks, and under the same masks shuffled"]
    assert all(row["shuffled mask"].endswith("%") for row in effect)


def test_interrupted_and_bare_runs(runs, tmp_path, capsys):
    for name in ("halted", "bare"):
        shutil.copytree(runs / "digits-xvat", tmp_path / name)
        (tmp_path / name / "results.json").unlink()
    for name in ("checkpoints", "snapshots"):
        shutil.rmtree(tmp_path / "bare" / name)
    flags = f"--runs={tmp_path}/*,nothing-*"
    assert audit.main([flags, "--num_images=5"]) == 0
    said = capsys.readouterr()
    (row,) = tables(said.out)["Accuracy at the last evaluation"]
    assert row["run"] == str(tmp_path / "halted")
    assert row["finished"] == "no"
    assert said.err.splitlines() == [
        "missing: --runs=nothing-*: there is nothing of that name: give run"
        " folders.",
        f"missing: run {tmp_path}/bare: {tmp_path}/bare has no checkpoint yet:"
        f" train first, with --log_dir={tmp_path}/bare.",
    ]


def test_json_that_cannot_be_written(runs, tmp_path, capsys):
    run = f"--runs={runs}/digits-mle"
    with pytest.raises(audit.UserError, match="a.json cannot be written"):
        audit.main([run, f"--json={tmp_path}/none/a.json"])
    assert capsys.readouterr().out == ""  # Before anything is measured.
