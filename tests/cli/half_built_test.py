"""Signals that cut a constructor short: still one line, and the status."""

import signal
import subprocess
import sys

import pytest

_PROGRAM = """
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_its_deletion_says_nothing(number):
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(int(number))],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 128 + number
    assert ended.stderr == "error: stopped; there was nothing to save.\n"
    assert ended.stdout == ""
