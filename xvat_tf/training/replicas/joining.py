"""Joins the workers of a run, and joins them again after a loss."""

import contextlib
import os
import sys
import threading
import time

import tensorflow as tf

from xvat_tf.cluster import Cluster
from xvat_tf.errors import UserError, WorkerLostError, reason
from xvat_tf.settings import Settings
from xvat_tf.training.replicas.distribution import (
    ALONE,
    LOSSES,
    Distribution,
    check_batches,
)

_LONGEST_WAIT = 600.0
# Steps of the newest checkpoint at the last restart, and restarts since.
_STATE = "XVAT_TF_REJOINED"
_MOST = 10
_LONGEST_PAUSE = 10.0


def join(settings: Settings, cluster: Cluster) -> Distribution:
    """The distribution that `--distribute` names.

    Comes before every other operation of TensorFlow; with multiworker, which
    alone reads the cluster, it waits until all workers are there. A UserError
    says that batches do not divide, or workers are missing.
    """
    kind = settings.train.distribute
    if kind == "none":
        return ALONE
    if kind == "mirrored":
        found = Distribution(tf.distribute.MirroredStrategy(_local_devices()))
    else:
        found = Distribution(_wait_for_group(cluster), cluster)
    check_batches(settings, found)
    return found


@contextlib.contextmanager
def watched(distribution: Distribution):
    """Turns the loss of another worker into a `WorkerLostError`."""
    try:
        yield
    except LOSSES as error:
        if distribution.num_workers == 1:
            raise
        raise WorkerLostError(_last_line(error)) from None


def _last_line(error):
    """What a collective says at its end; it begins with a stack."""
    lines = [line for line in str(error.message).splitlines() if line.strip()]
    aborted = [line for line in lines if "aborted by" in line]
    return (aborted or [reason(error)])[0].strip()[:200]


def _local_devices():
    """All GPUs; without any, all logical CPU devices."""
    for kind in ("GPU", "CPU"):
        devices = tf.config.list_logical_devices(kind)
        if devices:
            return [device.name for device in devices]
    return None


def _wait_for_group(cluster):
    """Joins in another thread: this one stays open to Ctrl-C."""
    outcome = {}

    def work():
        try:
            outcome["strategy"] = tf.distribute.MultiWorkerMirroredStrategy()
        except Exception as error:
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(_LONGEST_WAIT)
    if "strategy" in outcome:
        return outcome["strategy"]
    error = outcome.get("error")
    if isinstance(error, LOSSES):
        raise WorkerLostError(reason(error))
    why = reason(error) if error else "not all of them came in 10 minutes"
    raise UserError(
        f"the group of {len(cluster.workers)} workers in TF_CONFIG did not"
        f" meet ({why}): start the same command on each of"
        f" {', '.join(cluster.workers)}."
    )


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
