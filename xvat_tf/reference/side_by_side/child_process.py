"""The parent's end of the pipe: a reference program in its own process."""

import functools
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np

from xvat_tf.console.signals import end_with
from xvat_tf.errors import UserError
from xvat_tf.reference.programs import Program

_PACKAGE = pathlib.Path(__file__).parents[2]
_LONGEST_REASON = 300


class ChildProcess:
    """A reference program that is built once and answers until it is closed.

    A context manager; between answers the child waits at its pipe. Its files
    are in a folder of `scratch`, which the caller removes. Its `device` is
    `"cpu"` or `"cuda"`; the `loss` that of the last step, NaN before. A
    UserError says that the program ended, and has its last line.
    """

    def __init__(self, program: Program, scratch: pathlib.Path):
        self._program, self.loss = program, float("nan")
        self._folder = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        self._log = self._folder / "stderr.txt"
        inputs = self._folder / "inputs.npz"
        np.savez(inputs, **program.inputs)
        self._process = self._start()
        try:
            request = {**program.request, "inputs": str(inputs)}
            self.device = self._ask(request)["device"]
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def measure(self) -> dict[str, np.ndarray]:
        """What is compared of the first batch, by name."""
        outputs = self._folder / "outputs.npz"
        self._ask({"ask": "measure", "outputs": str(outputs)})
        return dict(np.load(outputs))

    def step(self, number: int = 0) -> float:
        """Takes a training step on a batch; its seconds inside the child."""
        answer = self._ask({"ask": "step", "number": number})
        self.loss = answer["loss"]
        return answer["seconds"]

    def peak_memory(self) -> int:
        """Most bytes that the child has held in memory so far."""
        return self._ask({"ask": "memory"})["bytes"]

    def _start(self):
        # The package alone: a whole site-packages folder on the path could
        # hide the modules of another interpreter.
        package = self._folder / "path" / "xvat_tf"
        package.parent.mkdir()
        package.symlink_to(_PACKAGE, target_is_directory=True)
        with self._log.open("w") as log:
            return subprocess.Popen(
                [self._program.python, "-m", self._program.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=package.parent,
                env=os.environ
                | {"PYTHONPATH": str(package.parent)}
                | {"PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"},
                preexec_fn=functools.partial(end_with, os.getpid()),
            )

    def _ask(self, request):
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        return json.loads(line)

    def _ended(self):
        self._process.wait()
        lines = self._log.read_text(errors="replace").strip().splitlines()
        last = lines[-1].strip()[:_LONGEST_REASON] if lines else "no message"
        return UserError(
            f"{self._program.title} ended with: {last} - is it the version"
            " that docs/notes/alignment.md names?"
        )
