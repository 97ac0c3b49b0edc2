"""Trains what is not finished, some runs at a time."""

import dataclasses
import time

from xvat_tf.reproduction import states
from xvat_tf.reproduction.children import Children
from xvat_tf.reproduction.overview import Overview
from xvat_tf.reproduction.plan import States

_POLL_SECONDS = 0.2


def train(found: States, jobs: int, overview: Overview) -> int | None:
    """Trains all runs that can be trained; a failure stops no other.

    Args:
        found: State of every run; kept up to date.
        jobs: Runs at a time.
        overview: Shows what happens.

    Returns:
        Number of the signal that stopped it, or None.
    """
    waiting = [
        run for run, state in found.items() if state.kind not in states.ENDED
    ]
    if not waiting:
        return None
    begun = {}
    with Children() as children:
        while children.running or (waiting and not children.received):
            while waiting and len(children.running) < jobs:
                if children.received:
                    break
                run = waiting.pop(0)
                children.start(run)
                found[run] = states.progress(run)
                begun[run] = time.monotonic(), found[run].step
                overview.tell(run, found[run])
            time.sleep(_POLL_SECONDS)
            for run in children.ended():
                found[run] = states.read_state(run)
                overview.tell(run, found[run])
            if overview.due:
                for run in children.running:
                    found[run] = _timed(states.progress(run), *begun[run])
                overview.show(found)
        overview.show(found)
        return children.received


def _timed(state, start, first_step):
    """Times a run by its checkpoints until its first evaluation."""
    if state.pace is not None or state.step <= first_step:
        return state
    seconds = time.monotonic() - start
    return dataclasses.replace(state, pace=seconds / (state.step - first_step))
