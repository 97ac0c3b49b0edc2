"""Children of `reproduce` and `figures` that need not import TensorFlow.

To be called first in a process of `processes.py`, which has it already.
`reproduction/command_test.py` has children that Python starts anew.
"""

import multiprocessing
import os
import signal
import subprocess
import types

from tests import processes


class _Forked:
    """What `subprocess.Popen` is to `reproduction/work.py`."""

    def __init__(self, words, *, stdout, env, preexec_fn, **_):
        self._process = multiprocessing.get_context("fork").Process(
            target=_become, args=(words[2:], stdout.fileno(), env, preexec_fn)
        )
        # Until the child has signals of its own, it would swallow the parent's.
        signal.pthread_sigmask(signal.SIG_BLOCK, processes.STOPS)
        self._process.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, processes.STOPS)
        self.wait, self.terminate = self._process.join, self._process.terminate

    @property
    def returncode(self):
        return self._process.exitcode

    def poll(self):
        return self.returncode


def fork_children(interrupted: bool = False) -> None:
    """Lets this process fork what it would start with a new Python.

    If it is `interrupted`, Ctrl-C comes as its first child begins.
    """
    from xvat_tf.reproduction import work

    def start(*words, **options):
        child = _Forked(*words, **options)
        if interrupted:
            os.kill(os.getpid(), signal.SIGINT)
        return child

    known = {name: getattr(subprocess, name) for name in ("DEVNULL", "STDOUT")}
    work.subprocess = types.SimpleNamespace(Popen=start, **known)


def _become(words, log, environment, before):
    os.setsid()
    before()
    for number in (1, 2):
        os.dup2(log, number)
    os.environ |= environment
    module, *flags = words
    processes.run_as_main((module.removeprefix("xvat_tf."), *flags))
