"""Starts a worker again whose group has lost another one."""

import os
import sys
import time

from xvat_tf.errors import UserError, WorkerLostError

# Steps of the newest checkpoint at the last restart, and restarts since.
_STATE = "XVAT_TF_REJOINED"
_MOST = 10
_LONGEST_PAUSE = 10.0


def rejoin(lost: WorkerLostError, argv: list[str], step: int) -> None:
    """Replaces this process by one of the same command line.

    It comes back with the others and continues from the last checkpoint, that
    of `step`. A UserError says that ten tries made no new checkpoint.
    """
    count = _tries(step)
    if count > _MOST:
        raise UserError(
            f"the group lost a worker {_MOST} times without a new checkpoint"
            f" ({lost}): find out what ends the workers, or save more often"
            " with"
            " --checkpoint_minutes, and start all of them again."
        )
    print(
        f"note: a worker of the group is gone ({lost}); rejoining to continue"
        f" from step {step}.",
        file=sys.stderr,
        flush=True,
    )
    sys.stdout.flush()
    os.environ[_STATE] = f"{step}:{count}"
    time.sleep(min(0.5 * 2 ** (count - 1), _LONGEST_PAUSE))
    # Not to be inherited: above all the port of the group's server.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    command = [sys.executable, "-m", "xvat_tf.train", *argv]
    os.execv(sys.executable, command)


def _tries(step):
    last, _, count = os.environ.get(_STATE, "").partition(":")
    return int(count) + 1 if last == str(step) else 1
