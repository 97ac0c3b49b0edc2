"""Flags of a command that are no settings of a run."""

import pathlib

from xvat_tf.files import as_json, write_json
from xvat_tf.settings.option import Option

CHECKPOINT = Option(
    str,
    "latest",
    "best is the one of the best evaluation while training. The evaluated"
    " images picked it: report latest.",
    choices=("latest", "best"),
)
DATA_DIR = Option(
    str, None, "Folder of prepared tensorflow-datasets.", path=True
)
RUN_DATA_DIR = Option(
    str,
    None,
    "Where tensorflow-datasets lie now.",
    shown="as in the run",
    path=True,
)
RUNS = Option(
    list, None, "Run folders or quoted patterns, comma-separated.", path=True
)
JSON = Option(
    str, "", "Also write the numbers to this file; - prints them.", path=True
)


def take(given: dict, options: dict[str, Option]) -> dict:
    """A command's own flags, taken out of what the user gave.

    Args:
        given: Values by flag name; those of `options` are removed.
        options: The command's own flags.

    Returns:
        A value for each option, its default where none was given.

    Raises:
        UserError: A value is no choice or out of bounds.
    """
    values = {
        name: given.pop(name, option.default)
        for name, option in options.items()
    }
    for name, option in options.items():
        option.check(name, values[name])
    return values


def write_numbers(content: dict, path: str) -> None:
    """Does what `--json=path` asks for.

    Args:
        content: The numbers.
        path: Value of the flag: a file, `-` for stdout, or empty for neither.

    Raises:
        UserError: The file cannot be written.
    """
    if path == "-":
        print(as_json(content))
    elif path:
        write_json(pathlib.Path(path), content)
