"""Trains what is not finished: train commands in processes of their own."""

import contextlib
import dataclasses
import functools
import math
import os
import signal
import subprocess
import sys
import time

from xvat_tf.console.signals import Caught, end_with
from xvat_tf.files import appended
from xvat_tf.reproduction import overview, runs
from xvat_tf.reproduction.overview import States
from xvat_tf.reproduction.runs import PlannedRun

_POLL_SECONDS = 0.2
_SHOW_SECONDS = 60.0


def train(found: States, jobs: int, seconds: float = math.inf) -> int | None:
    """Trains all runs that can be trained; a failure stops no other.

    Prints a line where a run begins or ends, and every minute how far all are.
    The states are kept up to date; `jobs` runs go on at a time. After `seconds`
    it stops, as by SIGTERM. Returns the number of the signal that stopped it.
    """
    waiting = [r for r, state in found.items() if state.kind not in runs.ENDED]
    if not waiting:
        return None
    begun, start = {}, time.monotonic()
    shown = start
    with Children() as children:
        while children.running or (waiting and not children.received):
            while waiting and len(children.running) < jobs:
                if children.received:
                    break
                run = waiting.pop(0)
                children.start(run)
                _tell(found, run, runs.read_progress(run))
                begun[run] = time.monotonic(), found[run].step
            time.sleep(_POLL_SECONDS)
            now = time.monotonic()
            if now - start > seconds and not children.received:
                children.stop()
            for run in children.ended():
                _tell(found, run, runs.read_state(run))
            if now - shown > _SHOW_SECONDS:
                shown = now
                for run in children.running:
                    state = runs.read_progress(run)
                    found[run] = _timed(state, *begun[run])
                print(overview.progress(found, jobs), flush=True)
        print(overview.progress(found, jobs), flush=True)
        return children.received


def _tell(found, run, state):
    found[run] = state
    print(*overview.lines({run: state}), flush=True)


def _timed(state, start, first_step):
    """Times a run by its checkpoints until its first evaluation."""
    if state.pace is not None or state.step <= first_step:
        return state
    seconds = time.monotonic() - start
    return dataclasses.replace(state, pace=seconds / (state.step - first_step))


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
        with appended(run.log_file) as log:
            # Apart from the terminal: Ctrl-C reaches it by `_receive` only.
            self._running[run] = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # No more of a GPU than it needs, for its siblings.
                env={"TF_FORCE_GPU_ALLOW_GROWTH": "true"} | os.environ,
                preexec_fn=functools.partial(end_with, os.getpid()),
            )
        if self.received:
            self._terminate()

    def ended(self) -> list[PlannedRun]:
        """Reports runs whose process has ended since the last call."""
        done = [r for r, c in self._running.items() if c.poll() is not None]
        for run in done:
            status = self._running.pop(run).returncode
            _close_log(run, status, self.received is not None)
        return done

    def stop(self) -> None:
        """Lets all children save and end."""
        self._receive(signal.SIGTERM, None)

    def _receive(self, number, frame):
        self.received = number
        self._terminate()

    def _terminate(self):
        for child in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                # A child of a background job ignores SIGINT until it trains.
                child.terminate()


def _close_log(run, status, stopped):
    """Lets the last line of a log be an error if, and only if, it failed."""
    if status == 0:
        return
    said = runs.last_line(run.log_file)
    if stopped:
        line = "stopped"
    elif said.startswith(runs.ERROR):
        return
    elif status < 0:
        line = f"{runs.ERROR}killed by signal {-status}"
    else:
        line = f"{runs.ERROR}{said or f'ended with status {status}'}"
    with appended(run.log_file) as log:
        log.write(f"{line}\n".encode())
