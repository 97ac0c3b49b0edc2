"""Standard streams whose reader leaves or whose disk is full."""

import io
import os
import sys

import pytest

from xvat_tf import command_line
from xvat_tf.command_line import program
from xvat_tf.console import streams
from xvat_tf.console.streams import Guarded


def test_a_reader_that_leaves_stops_nothing():
    reading, writing = os.pipe()
    stream = Guarded(os.fdopen(writing, "w", buffering=1))
    stream.write("first\n")
    assert os.read(reading, 100) == b"first\n"
    os.close(reading)
    for _ in range(3):
        assert stream.write("more\n") == 5
        stream.flush()
    assert stream.failure is None


def test_a_full_disk_is_remembered():
    with open("/dev/full", "w", buffering=1) as file:
        stream = Guarded(file)
        stream.write("lost\n")
        stream.write("lost\n")
        assert stream.failure.strerror == "No space left on device"


def test_characters_that_the_locale_lacks():
    content = io.BytesIO()
    stream = Guarded(io.TextIOWrapper(content, "ascii"))
    stream.write("a ± b\nλ\n")
    stream.flush()
    assert content.getvalue() == b"a \\xb1 b\n\\u03bb\n"


def test_a_closed_stream_leads_nowhere(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    streams.guard()
    print("nothing")
    print("nothing", file=sys.stderr)
    assert not sys.stderr.isatty()


def run(monkeypatch, main, output):
    monkeypatch.setattr(program.Caught, "install", lambda self: None)
    monkeypatch.setattr(sys, "stdout", output)
    with pytest.raises(SystemExit) as ended:
        command_line.run(main)
    return ended.value.code


def test_a_command_ends_as_if_it_were_read(monkeypatch, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)

    def main(argv):
        print("line")
        sys.stdout.flush()
        (tmp_path / "done").touch()

    assert not run(monkeypatch, main, os.fdopen(writing, "w"))
    assert (tmp_path / "done").exists()


def test_lost_output_is_an_error_at_the_end(monkeypatch, capsys):
    with open("/dev/full", "w") as full:
        assert run(monkeypatch, lambda argv: print("line"), full) == 2
    assert capsys.readouterr().err == (
        "error: standard output could not be written (No space left on"
        " device).\n"
    )


def test_codes_that_steer_a_terminal_are_text():
    content = io.StringIO()
    stream = Guarded(content)
    stream.write("\r 5% \x1b[31mred\x07\x9b2J\tend\n")
    assert content.getvalue() == "\r 5% \\x1b[31mred\\x07\\x9b2J\tend\n"
