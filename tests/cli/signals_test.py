"""Ctrl-C and SIGTERM: saved, continued, and the same in the end."""

import dataclasses
import json
import pathlib
import signal

import pytest

from tests import event_files, processes, run_folders

# By the least step after which each is sent.
_SIGNALS = {signal.SIGINT: 36, signal.SIGTERM: 112}


@dataclasses.dataclass(frozen=True)
class Stopped:
    """A run that was stopped by each signal once and then finished.

    Attributes:
        folder: The run folder.
        flags: Of all three commands.
        ends: How each command ended.
        steps: Step of the newest checkpoint after each stop.
        results: results.json after each stop.
    """

    folder: pathlib.Path
    flags: tuple
    ends: list
    steps: list
    results: list


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, tiny, commands_in):
    commands = commands_in(tmp_path_factory.mktemp("stopped"))
    folder, flags = commands.folder / "a run", (*tiny, "--log_dir=a run")
    run = Stopped(folder, flags, [], [], [])
    for number, step in _SIGNALS.items():
        first = processes.pausing(step)
        process = commands.start("train", *flags, first=first)
        process.wait_for_pause()
        process.send(number)
        process.go_on()
        run.ends.append(process.end())
        run.steps.append(run_folders.newest_step(folder))
        results = (folder / "results.json").read_text()
        run.results.append(json.loads(results))
    run.ends.append(commands.here("train", *flags))
    return run


@pytest.mark.parametrize(("index", "status"), [(0, 130), (1, 143)])
def test_stop_saves_and_says_how_to_continue(stopped, index, status):
    ended = stopped.ends[index]
    assert ended.status == status
    assert "Traceback" not in ended.err and "error:" not in ended.err
    hint = " ".join(stopped.flags[:-1]) + " '--log_dir=a run'"
    assert ended.last_line == (
        f"stopped and saved; to continue: python -m xvat_tf.train {hint}"
    )
    assert "interrupted" in ended.out
    results = stopped.results[index]
    assert results["status"] == "interrupted"
    assert results["steps"] == stopped.steps[index]


def test_the_same_command_finishes_it(stopped):
    ended = stopped.ends[-1]
    assert (ended.status, ended.err) == (0, "")
    assert "finished" in ended.out
    assert 36 < stopped.steps[0] <= 50 and 112 < stopped.steps[1] <= 130
    assert ended.out.count("epoch ") == 12 - stopped.steps[1] // 25


def test_everything_equals_that_of_an_undisturbed_run(stopped, trained):
    run_folders.assert_same(stopped.folder, trained.folder)
    lines = (stopped.folder / "metrics.jsonl").read_text().splitlines()
    seconds = [json.loads(line)["seconds"] for line in lines]
    assert seconds == sorted(seconds)


def test_panels_go_on_and_what_is_written_once_is_not_repeated(stopped):
    train, test = (
        event_files.read(stopped.folder / name) for name in ("train", "test")
    )

    def steps(points):
        return [step for step, _ in points]

    for plugin in ("images", "histograms"):
        for tag, points in train[plugin].items():
            assert steps(points) == [0, 100, 200, 300], tag
    assert steps(test["images"]["panel/confusion_matrix"]) == [100, 200, 300]
    assert steps(train["text"]["settings"]) == [0]
    assert steps(train["custom_scalars"]["custom_scalars__config__"]) == [0]
    assert {tag: steps(p) for tag, p in test["hparams"].items()} == {
        "_hparams_/session_start_info": [0],
        "_hparams_/session_end_info": [0],
    }


def test_split_and_settings_equal_those_of_an_undisturbed_run(stopped, trained):
    records = [
        json.loads((folder / "settings.json").read_text())
        for folder in (stopped.folder, trained.folder)
    ]
    for record in records:
        del record["settings"]["log_dir"]
    assert records[0] == records[1]
