"""What is kept of runs: settings, evaluations, results; no weights.

A collected run is a run folder without its large files, and without paths of
the machine it was trained on.
"""

import pathlib

from xvat_tf.errors import UserError
from xvat_tf.files import as_json, not_written, write_json, write_text
from xvat_tf.records import RunFolder, read_metrics, summarize
from xvat_tf.reproduction import states
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.reproduction.states import State
from xvat_tf.settings import differences
from xvat_tf.tags import TOTAL

_PATHS = ("log_dir", "data_dir", "stream_dir")
_LARGEST = 100_000  # Bytes of metrics.jsonl; above, training means go.


def place(results: pathlib.Path, flagfile: str) -> pathlib.Path:
    """Where the runs of a flagfile are collected."""
    return results / "runs" / flagfile


def collect(run: PlannedRun, state: State, results: pathlib.Path) -> bool:
    """Copies what is kept of a run that has begun.

    A finished run that was collected before stays when the run folder here
    is not finished.

    Args:
        run: The run.
        state: Its state.
        results: Gets `runs/<flagfile>/seed<seed>/`.

    Returns:
        Whether there was something to keep.

    Raises:
        UserError: Something cannot be read or written.
    """
    begun = run.folder.settings_file.exists()
    if not begun or state.kind == states.CHANGED:
        return False
    kept = RunFolder(place(results, run.flagfile) / f"seed{run.seed}")
    if state.kind != states.FINISHED and _holds_finished(kept, run):
        return False
    record = run.folder.read_settings_record()
    for name in _PATHS:
        record["settings"][name] = ""
    lines = read_metrics(run.folder)
    try:
        kept.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(kept.path, error) from None
    write_text(kept.metrics_file, _thinned(lines))
    write_json(kept.results_file, _results(run, state, lines))
    write_json(kept.settings_file, record)
    return True


def _holds_finished(kept, run):
    try:
        return kept.finished_results() is not None and not differences(
            run.settings, kept.read_settings()
        )
    except UserError:
        return False


def _results(run, state, lines):
    if state.kind == states.FINISHED:
        return run.folder.finished_results()
    known = (states.FAILED, states.DIVERGED)
    status = state.kind if state.kind in known else states.INTERRUPTED
    on = run.settings.data.evaluated_on
    return summarize(lines, status, on, state.step)


def _thinned(lines):
    """All lines; of a long file without the means of training but one."""
    text = _as_text(lines)
    if len(text) <= _LARGEST:
        return text
    return _as_text(
        [
            line | {"train": {TOTAL: line.get("train", {}).get(TOTAL)}}
            for line in lines
        ]
    )


def _as_text(lines):
    return "".join(as_json(line) + "\n" for line in lines)
