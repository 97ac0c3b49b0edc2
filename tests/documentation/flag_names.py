"""The flags of all commands, read from their `--help`."""

import contextlib
import functools
import importlib
import io
import re

from tests import source_tree

COMMANDS = [
    module.removeprefix("xvat_tf.")
    for module in sorted(source_tree.commands().values())
]
# Of TensorBoard; of pytest, two of them ours (tests/conftest.py).
FOREIGN = {"logdir", "samples_per_plugin"} | {
    "debug",  # Of the authors' PyTorch code; it has no counterpart here.
    "dist",
    "full",
    "golden",
    "hypothesis_show_statistics",
}


@functools.cache
def our_flags() -> set[str]:
    """Names of the flags of every command, and `help` itself."""
    shown = io.StringIO()
    for command in COMMANDS:
        module = importlib.import_module(f"xvat_tf.{command}")
        with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
            module.main(["--help"])
    return set(re.findall(r"^  --(?:\[no\])?(\w+)", shown.getvalue(), re.M))
