"""More epochs for a run: what it ends with, and what is refused."""

import json

import pytest

from tests import run_folders
from xvat_tf import train
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.records.extension import history_text, schedule_text
from xvat_tf.settings import resolve

TINY = [
    "--dataset=digits",
    "--hidden_sizes=8",
    "--batch_size=4",
    "--ul_batch_size=6",
    "--num_iter_per_epoch=4",
    "--eval_freq=1",
    "--log_freq=3",
    "--panel_freq=0",
]
LATE = ["--lr_schedule=linear", "--epoch_decay_start=2"]
EARLY = ["--lr_schedule=linear", "--epoch_decay_start=1"]


def _train(path, epochs, *flags):
    flags = [*TINY, f"--num_epochs={epochs}", f"--log_dir={path}", *flags]
    assert train.main(flags) == 0


def _json(path):
    return json.loads(path.read_text())


def _points(path):
    """Without those of how a run ended, and of its settings."""
    found = run_folders.points(path)
    return [one for one in found if not one[1].startswith(("_h", "settings"))]


@pytest.mark.parametrize(
    "flags",
    [
        ["--method=xvat", "--mask_model=transductive", *LATE],
        ["--method=mean_teacher", "--lr_decay=1"],
    ],
)
def test_it_ends_as_a_run_with_that_many_from_the_start(
    flags, tmp_path, capsys, leave_to_full
):
    leave_to_full("--method=mean_teacher" in flags)
    whole, part = tmp_path / "whole", tmp_path / "part"
    _train(whole, 4, *flags)
    _train(part, 2, *flags)
    assert _json(part / "results.json")["steps"] == 8
    capsys.readouterr()
    _train(part, 4, *flags)
    assert "as in a run of 4 epochs from the start" in capsys.readouterr().out
    run_folders.assert_equal(
        run_folders.arrays(part), run_folders.arrays(whole)
    )
    assert run_folders.metrics(part) == run_folders.metrics(whole)
    assert _points(part) == _points(whole)
    assert _json(part / "results.json")["status"] == "finished"
    record = _json(part / "settings.json")
    assert record.pop("extended") == [{"num_epochs": 2, "step": 8}]
    record["settings"]["log_dir"] = str(whole)
    assert record == _json(whole / "settings.json")
    _train(part, 4, *flags)
    assert "this run is finished" in capsys.readouterr().out


def test_a_decay_that_ended_begins_anew(tmp_path, capsys):
    _train(tmp_path, 2, "--method=mle", *EARLY)
    capsys.readouterr()
    _train(tmp_path, 4, "--method=mle", *EARLY)
    # Epochs 1 to 4 of 4: at epoch 2 two thirds are left.
    assert (
        "extended to 4 epochs: the linear decay is now from epoch 1 to 4, so"
        " step 8 goes on at learning rate 0.000667; a run of 4 epochs from the"
        " start had higher rates before" in capsys.readouterr().out
    )
    rates = {
        step: content
        for _, tag, step, content in run_folders.points(tmp_path)
        if tag == "optimizer/learning_rate"
    }
    assert rates[12] != rates[8]


def test_an_interrupted_run_can_have_more_too(tmp_path):
    whole, part = tmp_path / "whole", tmp_path / "part"
    _train(whole, 2, "--method=mle")
    _train(part, 1, "--method=mle")
    # As a kill between the two files of an extension leaves it.
    folder = RunFolder(part)
    folder.write_results(folder.results() | {"status": "interrupted"})
    _train(part, 2, "--method=mle")
    run_folders.assert_equal(
        run_folders.arrays(part), run_folders.arrays(whole)
    )
    said = "The number of epochs was raised from 1 after step 4."
    assert history_text(_json(part / "settings.json")) == said
    assert history_text(_json(whole / "settings.json")) == ""


def test_every_extension_is_told():
    done = [{"num_epochs": 1, "step": 4}, {"num_epochs": 2, "step": 8}]
    assert history_text({"extended": done}) == (
        "The number of epochs was raised from 1 after step 4, from 2 after"
        " step 8."
    )


def test_anything_else_is_refused_and_nothing_lost(tmp_path):
    _train(tmp_path, 2, "--method=mle")

    def files():
        paths = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in paths}

    before = files()
    for epochs, more, said in (
        (1, [], "num_epochs: 2 -> 1.*old values to continue it, or more"),
        (3, ["--seed=2"], "seed: 1 -> 2; num_epochs: 2 -> 3"),
        (3, ["--num_iter_per_epoch=8"], "num_iter_per_epoch: 4 -> 8"),
    ):
        with pytest.raises(UserError, match=said):
            _train(tmp_path, epochs, "--method=mle", *more)
    assert files() == before
    # Without its checkpoint a finished run is not begun again.
    for path in (tmp_path / "checkpoints").iterdir():
        path.unlink()
    before = files()
    with pytest.raises(UserError, match="reached step 8: restore its files"):
        _train(tmp_path, 3, "--method=mle")
    assert files() == before


@pytest.mark.parametrize(
    "given, step, same",
    [
        ({"lr_schedule": "exponential"}, 800, True),
        ({"lr_schedule": "linear", "epoch_decay_start": 8}, 800, True),
        ({"lr_schedule": "linear", "epoch_decay_start": 8}, 801, False),
    ],
)
def test_where_the_schedule_is_another(given, step, same):
    settings = resolve({"dataset": "digits", "num_epochs": 10, **given}).train
    text = schedule_text(settings, step, 0.5)
    assert ("as in a run of 10 epochs" in text) == same
    assert f"step {step} goes on at learning rate 0.5" in text
