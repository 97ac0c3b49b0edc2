"""Ctrl-C, SIGTERM and a closed terminal, handed to a function for a while."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Caught:
    """Handlers of these signals, installed and put back.

    They are given the signal's number and the stack frame. A signal that is
    ignored, as SIGHUP is under `nohup`, stays ignored.

    Python lets only the main thread have handlers; elsewhere, as where a
    program trains in a thread, the signals stay with the program.
    """

    def __init__(self, receive: Callable):
        self._receive = receive
        self._previous: dict[int, Callable | int | None] = {}

    def install(self) -> None:
        """Hands the signals to the function from now on."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _NUMBERS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._receive)

    def restore(self) -> None:
        """Puts back what was installed before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)


def end_with(parent: int) -> None:
    """Makes this process end when its `parent` does, which starts it.

    For `preexec_fn` of a child. Only Linux offers it; elsewhere children of a
    command that was killed go on to their end.
    """
    if not sys.platform.startswith("linux"):
        return
    set_death_signal = 1
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
    if os.getppid() != parent:  # It ended before that.
        os._exit(128 + signal.SIGTERM)
