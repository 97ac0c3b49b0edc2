"""Flags that become settings, and how a command begins and ends."""

from xvat_tf.command_line.parsing import CommandLine, parse_own, take
from xvat_tf.command_line.program import as_called, run
