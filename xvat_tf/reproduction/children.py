"""Train commands in processes of their own, several at a time."""

import contextlib
import os
import subprocess
import sys

from xvat_tf.reproduction import states
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.signals import Caught


class Children:
    """Processes that train; Ctrl-C and SIGTERM let them save and end.

    A second signal ends them at once. Use as a context manager; at its end no
    child is left.
    """

    def __init__(self):
        self.received = None
        self._running = {}
        self._caught = Caught(self._receive)

    def __enter__(self):
        self._caught.install()
        return self

    def __exit__(self, *exception):
        if self._running:
            self._terminate()
        for run, child in self._running.items():
            child.wait()
            _close_log(run, child.returncode, stopped=True)
        self._caught.restore()

    @property
    def running(self) -> list[PlannedRun]:
        """Runs whose process has not been reported as ended."""
        return list(self._running)

    def start(self, run: PlannedRun) -> None:
        """Starts to train, or to continue, a run."""
        run.log_file.parent.mkdir(parents=True, exist_ok=True)
        words = [sys.executable, "-m", "xvat_tf.train", *run.flags]
        with open(run.log_file, "ab") as log:
            # Apart from the terminal: Ctrl-C reaches it by `_receive` only.
            self._running[run] = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
        if self.received:
            self._terminate()

    def ended(self) -> list[PlannedRun]:
        """Runs whose process has ended since the last call."""
        done = [r for r, c in self._running.items() if c.poll() is not None]
        for run in done:
            status = self._running.pop(run).returncode
            _close_log(run, status, self.received is not None)
        return done

    def _receive(self, number, frame):
        self.received = number
        self._terminate()

    def _terminate(self):
        for child in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                # A child of a background job ignores SIGINT until it trains.
                child.terminate()


def _environment():
    """Ours; a child takes no more of a GPU than it needs, for its siblings."""
    return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"} | os.environ


def _close_log(run, status, stopped):
    """Lets the last line of a log be an error if, and only if, it failed."""
    if status == 0:
        return
    said = states.last_line(run.log_file)
    if stopped:
        line = "stopped"
    elif said.startswith(states.ERROR):
        return
    elif status < 0:
        line = f"{states.ERROR}killed by signal {-status}"
    else:
        line = f"{states.ERROR}{said or f'ended with status {status}'}"
    with open(run.log_file, "a") as log:
        log.write(f"{line}\n")
