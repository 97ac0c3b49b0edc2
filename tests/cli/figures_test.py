"""The figures command: every figure of tiny real runs, and how it fails."""

import dataclasses
import functools
import json
import pathlib
import shutil
import signal

import numpy as np
import pytest
from PIL import Image

from tests import forked_children
from tests.cli.conftest import SHORT, train_small
from xvat_tf import figures, train

_SWEEP = (
    "--dataset=digits",
    "--hidden_sizes=8",
    "--batch_size=10",
    "--ul_batch_size=20",
    *SHORT,
    "--lambda_l0_values=0,1",
    "--eta_values=0.5",
    "--sweep=grid",
)


@pytest.fixture
def copy(runs, tmp_path):
    """Copies a run, which may then be changed."""
    return lambda name: shutil.copytree(runs / name, tmp_path / name)


@dataclasses.dataclass(frozen=True)
class Drawn:
    """What a call of the command in this process did."""

    status: int | None
    missing: list[str]
    written: list[pathlib.Path]


@pytest.fixture
def draw(tmp_path, capsys):
    """Runs the command in this process, which has TensorFlow already."""

    def run(*flags):
        capsys.readouterr()
        try:
            status = figures.main([f"--out={tmp_path / 'out'}", *flags])
        except figures.UserError as error:
            assert str(error).startswith("nothing was drawn")
            status = None
        said = capsys.readouterr()
        missing = said.err.splitlines()
        assert all(line.startswith("missing: ") for line in missing)
        return Drawn(
            status,
            [line.removeprefix("missing: ") for line in missing],
            [pathlib.Path(line) for line in said.out.splitlines()],
        )

    return run


def names(drawn):
    return [path.name for path in drawn.written]


def test_figure_3_needs_no_run_and_stands_beside_others(draw, runs):
    assert names(draw("--figure=3")) == ["figure3.png"]
    drawn = draw("--figure=3,6", f"--runs={runs}/moons-mle")
    assert names(drawn) == ["figure3.png", "figure6-moons.png"]


def test_points_by_the_command(commands, runs):
    ended = commands.called("figures", f"--runs={runs}/moons-*", "--out=out")
    assert ended.err == ""
    assert ended.out.splitlines() == [
        "out/figure4-moons.png",
        "out/figure4-moons.gif",
        "out/figure5a-moons.png",
        "out/figure6-moons.png",
        "out/curves-moons.png",
    ]
    for line in ended.out.splitlines():
        with Image.open(commands.folder / line) as picture:
            picture.load()
            assert min(picture.size) > 200
            pixels = np.asarray(picture.convert("L"))
            assert pixels.std() > 10
            frames = getattr(picture, "n_frames", 1)
        assert frames == (4 if line.endswith("gif") else 1)


def test_images_by_the_command(commands, runs):
    ended = commands.called(
        "figures", f"--runs={runs}/digits-*", "--out=out", "--format=pdf"
    )
    assert ended.out.splitlines() == [
        f"out/{name}-digits.pdf"
        for name in ("figure5a", "figure5b", "figure6", "curves")
    ]
    for line in ended.out.splitlines():
        head = (commands.folder / line).read_bytes()[:5]
        assert head == b"%PDF-"
    assert ended.err == ""


def test_svg_and_chosen_figures(draw, runs):
    drawn = draw(
        f"--runs={runs}/digits-xvat,{runs}/digits-mle",
        "--figure=6,6",
        "--format=svg",
    )
    assert names(drawn) == ["figure6-digits.svg"]
    text = drawn.written[0].read_text()
    assert "digits: weights, and those near 0 (|w| &lt; 0.01)" in text
    assert "first layer, 64 × 8" in text


def test_what_cannot_be_drawn_is_named_and_the_rest_is_drawn(draw, runs, copy):
    bare = copy("moons-xvat")
    for name in ("snapshots", "checkpoints"):
        shutil.rmtree(bare / name)
    drawn = draw(
        f"--runs={runs}/moons-mle,{bare},{runs}", "--figure=4,5a,5b,curves"
    )
    assert drawn.status == 0
    assert names(drawn) == [
        "figure4-moons.png",
        "figure4-moons.gif",
        "curves-moons.png",
    ]
    nothing = (
        f"{bare} has no checkpoint yet: train first, with --log_dir={bare}."
    )
    assert drawn.missing == [
        f"run {runs}: not a run folder (it has no settings.json): give a folder"
        " that training printed.",
        f"figure 4, xVAT: {nothing}",
        f"figure 5a, xVAT: {nothing}",
        "figure 5b: none of --runs was trained with vat or vatent or at: add"
        " one that was.",
    ]


def test_without_snapshots_the_checkpoint_is_drawn(draw, copy):
    run = copy("digits-xvat")
    shutil.rmtree(run / "snapshots")
    drawn = draw(f"--runs={run}", "--figure=5a")
    assert names(drawn) == ["figure5a-digits.png"]
    assert drawn.missing == [
        f"figure 5a, xVAT over training: {run} has no snapshots, only its"
        " newest checkpoint is drawn: train in a new folder with"
        " --snapshot_epochs=1."
    ]


def _edit_settings(run, **values):
    record = json.loads((run / "settings.json").read_text())
    record["settings"] |= values
    (run / "settings.json").write_text(json.dumps(record))


def _damage_snapshot(run):
    path = run / "snapshots" / "step-0.npz"
    path.write_bytes(path.read_bytes()[:99])


def _train_wider(run):
    shutil.rmtree(run)
    train_small("digits-xvat", run.parent, "--hidden_sizes=9")


# What is changed in a copy of digits-xvat, the figure, the runs beside it, and
# a part of the line that says why it is not drawn.
_UNDRAWN = {
    "another network": (
        lambda run: _edit_settings(run, hidden_sizes=[9]),
        *("6", ""),
        "belongs to another network than its settings.json",
    ),
    "a damaged snapshot": (
        _damage_snapshot,
        *("5a", ""),
        "step-0.npz cannot be read",
    ),
    "no metrics": (
        lambda run: (run / "metrics.jsonl").unlink(),
        *("curves", ""),
        "has no evaluation yet: train first",
    ),
    "boundaries of images": (
        lambda run: None,
        *("4", ""),
        "was trained on digits: boundaries need moons or circles.",
    ),
    "a grid of one": (
        lambda run: None,
        *("7", ""),
        "1 of --runs' cells can be drawn: give finished runs of two",
    ),
    "another split": (
        lambda run: _edit_settings(run, dataset_seed=5),
        *("5b", "digits-vat"),
        "different labeled images: give runs with one",
    ),
    "other layers": (
        _train_wider,
        *("6", "digits-mle"),
        "have networks with different layers",
    ),
    "a grid of more": (
        lambda run: _edit_settings(run, eta=2.0, mask_gain=2.0, lambda_l0=3.0),
        *("7", "digits-xvat-2"),
        "differ in mask_gain: give runs that",
    ),
}


@pytest.mark.parametrize("name", _UNDRAWN)
def test_what_cannot_be_drawn_is_one_line(draw, runs, copy, name):
    change, figure, other, part = _UNDRAWN[name]
    run = copy("digits-xvat")
    change(run)
    beside = other and f",{runs / other}"
    drawn = draw(f"--runs={run}{beside}", f"--figure={figure}")
    assert drawn.status is None and drawn.written == []
    assert len(drawn.missing) == 1 and part in drawn.missing[0]
    assert not (run.parent / "out").exists()


def test_a_method_without_masks_has_no_masks_to_draw(draw, runs):
    drawn = draw(f"--runs={runs}/digits-vat", "--figure=5a,5b,7")
    assert drawn.status is None
    assert drawn.missing == [
        "figure 5a: none of --runs was trained with xat or xvat, the methods"
        " with masks: add one that was.",
        "figure 5b: none of --runs was trained with xvat or xvatent or xat: add"
        " one that was.",
        f"figure 7, {runs}/digits-vat: trained with vat: only masks have"
        " a lambda: give runs of xat or xvat.",
        "figure 7: 0 of --runs' cells can be drawn: give finished runs of two"
        " values of lambda_l0 or eta, or make them with --sweep=FOLDER.",
    ]


def test_points_have_no_pictures_to_compare(draw, runs):
    drawn = draw(f"--runs={runs}/moons-*", "--figure=5b")
    assert drawn.missing == [
        "figure 5b: inputs of moons are not pictures: give runs on images; of"
        " moons and circles, figure 4 shows both perturbations."
    ]


@pytest.mark.parametrize(("channels", "figure5b"), [(3, True), (2, False)])
def test_colours_and_tables_of_masks(
    draw, tmp_path, channels, figure5b, leave_to_full
):
    leave_to_full(not figure5b)
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 4, 5, channels), np.uint8),
        "y_train": np.arange(30) % 3,
        "x_test": rng.integers(0, 256, (6, 4, 5, channels), np.uint8),
        "y_test": np.arange(6) % 3,
    }
    np.savez(tmp_path / "data.npz", **arrays)
    flags = (
        "--dataset=arrays",
        f"--arrays_file={tmp_path / 'data.npz'}",
        "--network=mlp",
        "--hidden_sizes=4",
        "--batch_size=6",
        "--ul_batch_size=6",
        "--num_epochs=1",
        "--num_iter_per_epoch=2",
        "--snapshot_epochs=1",
        "--panel_freq=0",
    )
    masks = ("--mask_model=transductive", "--mask_channels=separate")
    for method, more in (("vatent", ()), ("xvat", masks)):
        log_dir = f"--log_dir={tmp_path}/runs/{method}"
        train.main([*flags, f"--method={method}", log_dir, *more])
    drawn = draw(f"--runs={tmp_path}/runs/*", "--figure=5a,5b,6")
    expected = ["figure5a-arrays.png", "figure6-arrays.png"]
    if figure5b:
        expected.insert(1, "figure5b-arrays.png")
    assert names(drawn) == expected
    assert len(drawn.missing) == (0 if figure5b else 1)


def test_a_grid_names_its_holes(draw, runs, copy):
    other = copy("digits-xvat-2")
    _edit_settings(other, eta=2.0, lambda_l0=3.0)
    drawn = draw(f"--runs={other},{runs}/digits-xvat*", "--figure=7")
    assert names(drawn) == ["figure7-digits.png"]
    assert drawn.missing == [
        f"figure 7, lambda_l0={value} eta={eta}: no finished run: its cell is"
        " left white."
        for value, eta in ((1, 2), (3, 1))
    ]


def test_errors_of_the_command_are_one_line(commands):
    ended = commands.here("figures", "--runs=nothing-*", "--out=out")
    assert ended.status == 2
    assert ended.err.splitlines() == [
        "missing: --runs=nothing-*: there is nothing of that name: give run"
        " folders.",
        "error: nothing was drawn; the lines above say why.",
    ]
    assert not (commands.folder / "out").exists()


def test_pictures_that_cannot_be_written(commands, runs):
    (commands.folder / "out").write_text("a file")
    ended = commands.here(
        "figures", f"--runs={runs}/digits-mle", "--figure=curves", "--out=out"
    )
    assert ended.status == 2
    assert ended.err.splitlines()[0] == (
        "missing: curves: out/curves-digits.png cannot be written (File"
        " exists): choose another --out, or fix that."
    )


def test_a_full_disk_leaves_no_part_of_a_picture(commands, runs):
    ended = commands.run(
        "figures",
        f"--runs={runs}/digits-mle",
        "--figure=curves",
        "--out=out",
        limit=8,
    )
    assert ended.status == 2
    assert "curves-digits.png cannot be written (File too" in ended.err
    assert list((commands.folder / "out").iterdir()) == []


@pytest.fixture(scope="module")
def swept(tmp_path_factory, commands_in):
    """A sweep that was stopped as it began, and then finished.

    `tests/reproduction/lease_test.py` stops such runs later.
    """
    commands = commands_in(tmp_path_factory.mktemp("swept"))
    children = forked_children.fork_children
    interrupted = functools.partial(children, interrupted=True)
    stopped = commands.run("figures", *_SWEEP, first=interrupted)
    ended = commands.run(
        "figures", *_SWEEP, "--jobs=2", "--out=out", first=children
    )
    return commands, stopped, ended


def test_a_stopped_sweep_continues(swept):
    _, stopped, ended = swept
    assert stopped.status == 128 + signal.SIGINT
    assert stopped.err == "stopped; the same command continues.\n"
    assert ended.status == 0 and ended.err == ""
    lines = ended.out.splitlines()
    assert lines[0].startswith("lambda_0_eta_0.5  missing ")
    assert lines[2].startswith("2 runs: 0 finished, ")
    assert lines[-2].startswith("2 finished; nothing is left to train")
    assert lines[-1] == "out/figure7-digits.png"


def test_cells_are_runs_on_held_out_images(swept):
    commands, _, ended = swept
    for value in (0, 1):
        folder = commands.folder / "grid" / f"lambda_{value}_eta_0.5"
        record = json.loads((folder / "settings.json").read_text())
        assert record["settings"]["lambda_l0"] == value
        assert record["settings"]["eta"] == 0.5
        assert record["settings"]["validation"] is True
        results = json.loads((folder / "results.json").read_text())
        assert results["evaluated_on"] == "validation"
        percent = f"{100 * results['final_accuracy']:.2f} %"
        done = f"{folder.name}  finished  12 of 12  {percent}"
        assert done in ended.out.splitlines()


def test_finished_cells_are_not_run_again(swept, contents):
    commands, *_ = swept
    before = contents(commands.folder / "grid")
    again = commands.called("figures", *_SWEEP, "--out=out")
    assert again.out.splitlines()[2:] == [
        "2 runs: 2 finished",
        "nothing is left to train",
        "out/figure7-digits.png",
    ]
    assert contents(commands.folder / "grid") == before
    other = commands.here("figures", *_SWEEP, "--num_epochs=2")
    assert other.status == 2
    assert "with other settings (num_epochs: 3 -> 2): move it" in other.err


def test_a_sweep_whose_runs_fail(commands, monkeypatch, capsys):
    program = commands.folder / "python"
    program.write_text("#!/bin/sh\necho 'error: no room.' >&2\nexit 2\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(program))
    line = commands.refused("figures", *_SWEEP, "--lambda_l0_values=0")
    assert line.startswith("nothing was drawn")
    said = capsys.readouterr().err
    assert said == "missing: lambda_0_eta_0.5: no room.\n"
