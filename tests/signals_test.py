"""Children that end with their parent, signals ignored or in a constructor."""

import os
import select
import signal
import subprocess
import sys

import pytest

from xvat_tf.console.signals import Caught

_PARENT = """
import functools, os, subprocess, sys, time
from xvat_tf.console.signals import end_with
child = subprocess.Popen(
    [sys.executable, "-c", "import time; time.sleep(600)"],
    preexec_fn=functools.partial(end_with, os.getpid()),
    start_new_session=True,
)
print("ready", flush=True)
time.sleep(600)
"""
_HALF_BUILT = """
import signal
import sys

from xvat_tf import command_line


class HalfBuilt:
    def __init__(self, number):
        signal.raise_signal(number)
        self.name = "built"

    def __del__(self):
        print(self.name)


def main(arguments):
    HalfBuilt(int(arguments[0]))


command_line.run(main)
"""


def test_a_child_ends_when_its_parent_is_killed():
    """It holds the other end of the pipe as long as it lives."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        env=environment,
    ) as parent:
        assert parent.stdout.readline() == b"ready\n"
        parent.send_signal(signal.SIGKILL)
        ended, *_ = select.select([parent.stdout], [], [], 60)
        assert ended and parent.stdout.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_deletion_of_what_is_half_built_says_nothing(number):
    ended = subprocess.run(
        [sys.executable, "-c", _HALF_BUILT, str(int(number))],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 128 + number
    assert ended.stderr == "error: stopped; there was nothing to save.\n"
    assert ended.stdout == ""


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
