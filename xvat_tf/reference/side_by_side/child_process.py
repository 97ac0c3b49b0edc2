"""The parent's end of the pipe: a reference program in its own process."""

import json
import os
import pathlib
import subprocess

from xvat_tf.errors import UserError

_PACKAGE = pathlib.Path(__file__).parents[2]
_LONGEST_REASON = 300


class ChildProcess:
    """A module of this package, run by a chosen Python, that answers.

    Args:
        module: Full name of the module; it calls `channel.serve`.
        python: Interpreter.
        folder: Existing folder for the child's files; the caller removes it.
        program: What the child runs, for the error line.

    Raises:
        UserError: The interpreter cannot be started.
    """

    def __init__(
        self, module: str, python: str, folder: pathlib.Path, program: str
    ):
        self._program, self._log = program, folder / "stderr.txt"
        # The package alone: a whole site-packages folder on the path could
        # hide the modules of another interpreter.
        package = folder / "path" / "xvat_tf"
        package.parent.mkdir()
        package.symlink_to(_PACKAGE, target_is_directory=True)
        try:
            with self._log.open("w") as log:
                self._process = subprocess.Popen(
                    [python, "-m", module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    cwd=package.parent,
                    env=_environment(package.parent),
                )
        except OSError as error:
            raise UserError(
                f"--python={python} cannot be started ({error.strerror}):"
                " name a Python interpreter."
            ) from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def ask(self, what: str, **request) -> dict:
        """Asks and waits for the answer.

        Raises:
            UserError: The child ended; its last line is the reason.
        """
        try:
            self._process.stdin.write(json.dumps({"ask": what, **request}))
            self._process.stdin.write("\n")
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
            f"{self._program} ended with: {last} - is it the version that"
            " docs/alignment.md names?"
        )


def _environment(path):
    return os.environ | {
        "PYTHONPATH": str(path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
