"""Children that end with their parent, and signals that stay ignored."""

import os
import signal
import subprocess
import sys
import time

from xvat_tf.console.signals import Caught

_PARENT = """
import functools, os, subprocess, sys, time
from xvat_tf.console.signals import end_with
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(60)"],
    preexec_fn=functools.partial(end_with, os.getpid()),
    start_new_session=True,
)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_ends_when_its_parent_is_killed():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 20
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _runs(child)


def _runs(pid):
    """A child that nobody waits for stays as a zombie, state Z."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_nohup_ignores_stays_ignored():
    received = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        caught = Caught(lambda number, frame: received.append(number))
        caught.install()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)
        caught.restore()
        assert received == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_closed_terminal_is_caught():
    received = []
    caught = Caught(lambda number, frame: received.append(number))
    caught.install()
    os.kill(os.getpid(), signal.SIGHUP)
    caught.restore()
    assert received == [signal.SIGHUP]
