"""How far a planned run has come, as its folder and its log tell."""

import dataclasses
import pathlib

from xvat_tf.errors import UserError
from xvat_tf.records import read_metrics
from xvat_tf.records.checkpoint_files import newest_step
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.settings import differences
from xvat_tf.tags import ACCURACY

FINISHED = "finished"
RUNNING = "running"
INTERRUPTED = "interrupted"  # Stopped by a signal, and saved.
RESUMABLE = "resumable"  # Begun, and ended without a word, as by a kill.
MISSING = "missing"
FAILED = "failed"
DIVERGED = "diverged"
CHANGED = "settings changed"
ALL = (
    FINISHED,
    RUNNING,
    INTERRUPTED,
    RESUMABLE,
    MISSING,
    FAILED,
    DIVERGED,
    CHANGED,
)
# Training again would end in the same way.
ENDED = (FINISHED, DIVERGED, CHANGED)

ERROR = "error: "
_TAIL = 4096


@dataclasses.dataclass(frozen=True)
class State:
    """Where a run is.

    Attributes:
        kind: One of `ALL`.
        step: Steps done, as far as the folder tells.
        accuracy: Of the newest evaluation, in percent.
        pace: Wall seconds per step, evaluations included.
        reason: Why it failed, diverged, or is not continued.
    """

    kind: str
    step: int = 0
    accuracy: float | None = None
    pace: float | None = None
    reason: str = ""


def read_state(run: PlannedRun) -> State:
    """Reads the state of a run that no process of ours trains."""
    said = last_line(run.log_file)
    reason = said.removeprefix(ERROR) if said.startswith(ERROR) else ""
    try:
        return _read(run, reason)
    except UserError as error:
        return State(FAILED, reason=str(error))


def progress(run: PlannedRun) -> State:
    """The state of a run that is being trained."""
    try:
        return _with_progress(run, RUNNING, "")
    except UserError:  # The command itself says what is wrong.
        return State(RUNNING)


def _read(run, reason):
    folder = run.folder
    if not folder.settings_file.exists():
        return State(FAILED if reason else MISSING, reason=reason)
    changed = differences(run.settings, folder.read_settings())
    if changed:
        return State(
            CHANGED,
            reason=f"{folder.path} was trained with other settings"
            f" ({'; '.join(changed)}): move it away to train it again.",
        )
    results = folder.results() or {"status": RESUMABLE}
    kind = results["status"]
    if kind not in (FINISHED, DIVERGED):
        kind = FAILED if reason else kind
    return _with_progress(run, kind, "" if kind == FINISHED else reason)


def _with_progress(run, kind, reason):
    lines = read_metrics(run.folder)
    step = newest_step(run.folder)
    if not lines:
        return State(kind, step, reason=reason)
    last = lines[-1]
    return State(
        kind,
        max(step, last["step"]),
        100 * last["test"][ACCURACY],
        last["seconds"] / last["step"],
        reason,
    )


def last_line(path: pathlib.Path) -> str:
    """The last line of a log with something in it; empty without one."""
    try:
        with open(path, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""
