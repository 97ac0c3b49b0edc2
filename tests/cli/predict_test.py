"""Predictions of images of a user, and how the command fails."""

import csv
import json
import os

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def pixels():
    """The test images of digits as the project stores them, uint8."""
    levels = load_digits().images[1297:, ..., np.newaxis]
    return np.rint(levels * 255 / 16).astype(np.uint8)


@pytest.fixture
def predict(commands, trained, pixels):
    """Calls the command on x.npz, of the arrays x and y; its rows."""
    np.savez(commands.folder / "x.npz", x=pixels, y=np.zeros(1))

    def call(*flags):
        given = {"--images": "x.npz", "--array": "x"}
        names = {flag.partition("=")[0] for flag in flags}
        rest = [f"{n}={v}" for n, v in given.items() if n not in names]
        return f"--log_dir={trained.folder}", *rest, *flags

    return call


def _rows(text):
    return list(csv.DictReader(text.splitlines()))


def test_predictions_are_those_that_evaluate_counts(commands, trained, predict):
    ended = commands.called("predict", *predict("--probabilities"))
    rows = _rows((commands.folder / "predictions.csv").read_text())
    assert [row["index"] for row in rows] == list(map(str, range(500)))
    labels = load_digits().target[1297:]
    found = np.array([int(row["class"]) for row in rows])
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, found), 1)
    flags = (f"--log_dir={trained.folder}", "--json=-", "--finetune_iter=0")
    evaluated = commands.called("evaluate", *flags).out.splitlines()[0]
    evaluated = json.loads(evaluated)
    assert matrix.tolist() == evaluated["confusion_matrix"]
    p = [[float(row[f"probability of {k}"]) for k in range(10)] for row in rows]
    p = np.array(p)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-4)
    assert [row["probability"] for row in rows] == [
        row[f"probability of {k}"] for row, k in zip(rows, found, strict=True)
    ]
    nll = -np.log(p[np.arange(500), labels]).mean()
    assert nll == pytest.approx(evaluated["nll"], rel=1e-4)
    count = np.bincount(found).argmax()
    assert ended.out.startswith("predictions.csv: 500 images, ")
    assert f" {count} ({(found == count).sum()})" in ended.out
    assert sorted(os.listdir(commands.folder)) == ["predictions.csv", "x.npz"]


def test_predictions_alone_go_to_stdout(commands, predict, pixels):
    np.save(commands.folder / "few.npy", pixels[:3, ..., 0])
    flags = predict("--images=few.npy", "--out=-", "--checkpoint=best")
    ended = commands.called("predict", *flags)
    assert ended.out.startswith("index,class,probability\n0,")
    assert len(_rows(ended.out)) == 3
    assert os.listdir(commands.folder).count("predictions.csv") == 0


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        (("--log_dir=",), "--log_dir is missing"),
        (("--images=",), "--images is missing"),
        (("--images=no*.npz",), "--images=no*.npz: there is no image: give"),
        (("--array=",), "x.npz has the arrays x, y: choose one with --array."),
        (("--array=z",), "x.npz has the arrays x, y: choose one"),
        (("--array=y",), "x.npz: the array has shape (1,): give"),
        (("--images=x.npz,wide.npy",), "has x.npz and other files"),
        (
            ("--images=wide.npy",),
            "wide.npy has images (8, 9, 1) of uint8, the run was trained on"
            " (8, 8, 1) of uint8: give the same. The levels",
        ),
        (("--images=float.npy",), "(8, 8, 1) of float64, the run was"),
        (("--images=text.npy",), "text.npy cannot be read ("),
        (("--images=.",), "--images=.: there is no image: give"),
        (
            ("--out=no/x.csv",),
            "--out=no/x.csv cannot be written (No such file or directory):"
            " make its folder or choose another place",
        ),
        (("--out=.",), "--out=. cannot be written (Is a directory): fix that"),
        (("--out=loop",), "--out=loop cannot be written (Too many levels of"),
        (
            ("--out=/dev/full",),
            "--out=/dev/full cannot be written (No space left on device): free",
        ),
        (("--weights=averaged",), "has no averaged weights"),
    ],
)
def test_what_a_user_can_cause(commands, predict, flags, part):
    np.save(commands.folder / "wide.npy", np.zeros((2, 8, 9), np.uint8))
    np.save(commands.folder / "float.npy", np.zeros((2, 8, 8)))
    (commands.folder / "text.npy").write_text("text")
    (commands.folder / "loop").symlink_to("loop")
    before = sorted(os.listdir(commands.folder))
    assert part in commands.refused("predict", *predict(*flags))
    assert sorted(os.listdir(commands.folder)) == before


def test_what_was_there_stays_until_all_is_computed(commands, predict, pixels):
    """A failure leaves it; a link is followed, the mode is kept."""
    old = commands.folder / "old.csv"
    old.write_text("old")
    old.chmod(0o604)
    (commands.folder / "link.csv").symlink_to("old.csv")
    flags = predict("--out=link.csv", "--images=x.npz")
    commands.refused("predict", *flags, "--array=y")
    assert old.read_text() == "old"
    commands.called("predict", *flags)
    assert len(_rows(old.read_text())) == 500
    assert (commands.folder / "link.csv").is_symlink()
    assert old.stat().st_mode & 0o777 == 0o604
    commands.called("predict", *predict("--out=/dev/null"))
