"""Commands in processes of their own that need not import TensorFlow again.

Each is a fork of a server that has imported it and done nothing with it: what
the command does, which signals and limits it meets, is as in a shell, in a
tenth of the time.
"""

import atexit
import contextlib
import dataclasses
import fcntl
import functools
import importlib
import io
import multiprocessing
import os
import pathlib
import re
import resource
import runpy
import signal
import socket
import sys
import termios
import time
import unittest.mock
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection

_ROOT = pathlib.Path(__file__).parents[1]
_LONGEST_SECONDS = 400
# More than any command prints, so that nobody has to read while it runs.
_PIPE_BYTES = 2**20
STOPS = (signal.SIGINT, signal.SIGTERM)
# One thread on the CPU, so that equal runs are equal bit for bit.
ENVIRONMENT = {
    "PYTHONPATH": str(_ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_NUM_INTRAOP_THREADS": "1",
    # Servers may listen where `reserved_addresses` holds the place.
    "TF_GRPC_REUSE_PORT": "true",
}


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a command ended; a negative status is the signal that killed it."""

    status: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """Last line on stderr, empty if nothing was written."""
        return (self.err.strip().splitlines() or [""])[-1]

    def error(self) -> str:
        """The one line on stderr, after checking that it is the only one."""
        assert "Traceback" not in self.err
        assert self.err.startswith("error: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert self.status == 2
        return self.err.removeprefix("error: ").rstrip("\n")

    def value(self, name: str) -> str:
        """The value after `name` in the table at the end of stdout."""
        found = re.search(rf"^{re.escape(name)}  +(.*)$", self.out, re.M)
        assert found, self.out
        return found[1]


class Process:
    """A function in a process of its own, which has started.

    Args:
        function: Importable; called without arguments.
        folder: Its current folder.
        environment: Variables beside those that are there.
        limit: Size of the largest file that it can write, in KiB.
        terminal: File descriptor of the terminal that it writes to and reads
            from; None keeps what it writes for `end`.
    """

    def __init__(
        self,
        function: Callable,
        folder: pathlib.Path,
        environment: dict | None = None,
        limit: int | None = None,
        terminal: int | None = None,
    ):
        self._readers, outputs = [], {}
        if terminal is None:
            for number in (1, 2):
                reader, writer = multiprocessing.Pipe(duplex=False)
                fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
                self._readers.append(reader)
                outputs[number] = writer
        else:
            outputs[0] = Connection(os.dup(terminal))
        environment = ENVIRONMENT | (environment or {})
        self._process = _server().Process(
            target=_in_child,
            args=(function, folder, environment, limit, outputs),
        )
        self._process.start()
        for output in outputs.values():
            output.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.is_alive()

    def send(self, number: int) -> None:
        """Sends a signal; nothing if the command has just ended."""
        with contextlib.suppress(ProcessLookupError):
            if self.running:
                os.kill(self.pid, number)

    def end(self) -> Ended:
        """Waits for the end; may be called once."""
        self._process.join(_LONGEST_SECONDS)
        slow = self.running
        self.kill()
        assert not slow, "it does not end"
        out, err = map(_content, self._readers) if self._readers else ("", "")
        return Ended(self._process.exitcode, out, err)

    def wait_for_pause(self) -> None:
        """Returns once it has paused, see `pausing`."""
        self.wait_until(lambda: _state(self.pid) == "T")
        assert self.running, self.end()

    def go_on(self) -> None:
        """Ends a pause."""
        self.send(signal.SIGCONT)

    def kill(self) -> None:
        """Makes sure that it does not run any more."""
        self.send(signal.SIGKILL)
        self._process.join()

    def wait(self, seconds: float) -> None:
        """Returns after `seconds`, or when the command has ended."""
        self._process.join(seconds)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Returns once `condition` holds or the command has ended."""
        end = time.monotonic() + _LONGEST_SECONDS
        while self.running and not condition():
            assert time.monotonic() < end, "nothing happens"
            time.sleep(0.01)


def start(
    words, folder: pathlib.Path, first: Callable | None = None, **options
) -> Process:
    """Starts a command of the project.

    Args:
        words: Its name, then its flags.
        folder: Its current folder.
        first: Called in the new process before the command.
        options: Of `Process`.
    """
    function = functools.partial(_command, tuple(words), first)
    return Process(function, folder, **options)


def pausing(step: int | None) -> Callable:
    """To be `first` of `start`: training pauses once, and does nothing then.

    After `step` steps, saved if they are to be; None: in its locked folder,
    before it has networks.
    """
    return functools.partial(_pause, step)


def _pause(step):
    from xvat_tf.training import experiment, loop

    owner, name = (loop.StepLoop, "__call__")
    if step is None:
        owner, name = (experiment, "build_trainer")
    original = getattr(owner, name)

    def paused(*given):
        if step is None or given[1] >= step:
            setattr(owner, name, original)
            os.kill(os.getpid(), signal.SIGSTOP)
        return original(*given)

    setattr(owner, name, paused)


@contextlib.contextmanager
def reserved_addresses(count: int) -> Iterator[list[str]]:
    """Loopback addresses that only processes of this module listen at."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            each.bind(("127.0.0.1", 0))
        yield [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]


def _state(pid):
    """A letter, of which T is a pause and Z an end."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # It has just ended.
        return "Z"
    return text.rpartition(")")[2].split()[0]


def run_here(words, folder: pathlib.Path) -> Ended:
    """Runs a command in this process, which has used TensorFlow already.

    For what neither signals nor limits decide; it takes half of the time.
    """
    return call_here(functools.partial(_command, words, None), folder)


def call_here(function: Callable, folder: pathlib.Path) -> Ended:
    """Calls what may end the process, which goes on here."""
    status, handlers = 0, {}
    out, err = io.StringIO(), io.StringIO()
    for number in (*STOPS, signal.SIGHUP):
        handlers[number] = signal.getsignal(number)
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        unittest.mock.patch.object(sys, "argv", sys.argv),
        unittest.mock.patch.object(sys, "path", list(sys.path)),
    ):
        try:
            function()
        except SystemExit as ended:
            status = ended.code or 0
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
    return Ended(status, out.getvalue(), err.getvalue())


def run_script(path: pathlib.Path) -> None:
    """Runs a file as `python FILE` does; to be the function of a `Process`."""
    sys.argv = [str(path)]
    runpy.run_path(str(path), run_name="__main__")


@functools.cache
def _server():
    """The processes fork from here."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.imported_once"])
    with unittest.mock.patch.dict(os.environ, PYTHONPATH=str(_ROOT)):
        forkserver.ensure_running()
    atexit.register(_kill_all)
    return context


def _kill_all():
    """Python would wait for what a failed test left, even if it has paused."""
    for process in multiprocessing.active_children():
        process.kill()


def _in_child(function, folder, environment, limit, outputs):
    os.chdir(folder)
    os.environ |= environment
    # A shell lets what it starts in the background ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if 0 in outputs:
        _take_terminal(outputs[0].fileno())
    else:
        for number, writer in outputs.items():
            os.dup2(writer.fileno(), number)
            writer.close()
    if limit is not None:
        size = 1024 * limit
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    _to_the_end(function)


def _to_the_end(function):
    try:
        function()
    finally:
        # A process that forked leaves this out.
        atexit._run_exitfuncs()


def run_as_main(words) -> None:
    """Makes this fork, which blocks `STOPS`, one command and nothing else."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    _to_the_end(functools.partial(_command, words, None))


def _take_terminal(terminal):
    """Becomes the process that Ctrl-C reaches there, as Python starts there."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for number in (0, 1, 2):
        os.dup2(terminal, number)
    sys.stdin = os.fdopen(0)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)


def _command(words, first):
    if first is not None:
        first()
    command, *flags = words
    sys.path.insert(0, os.getcwd())
    sys.argv = [str(_ROOT / "xvat_tf" / f"{command}.py"), *flags]
    module = importlib.import_module(f"xvat_tf.{command}")
    importlib.import_module("xvat_tf.command_line").run(module.main)


def _content(reader):
    """All that was written; ends when nobody can write any more."""
    blocks = iter(lambda: os.read(reader.fileno(), _PIPE_BYTES), b"")
    return b"".join(blocks).decode()
