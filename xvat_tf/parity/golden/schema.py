"""Keys and shapes of recorded files, and the lines about files that differ.

A schema maps a key to its dimensions, a text such as `"n 28 28 1"`: numbers
are fixed, names stand for any size that is the same wherever the name occurs
in the file, `""` is a scalar. A first word `text` marks strings.
"""

import itertools
from collections.abc import Mapping

import numpy as np

from xvat_tf.errors import UserError

Schema = Mapping[str, str]
PRECISIONS = ("f32", "f64")


def expand(templates: Schema, **choices) -> dict[str, str]:
    """Writes out keys like `"{case}_loss_{T}"` for all choices.

    Args:
        templates: Dimensions by key, both with `{name}` for a choice.
        choices: Values of each name; `T` is single and double precision.

    Returns:
        Dimensions by key; a key without a choice is there once.
    """
    choices = {"T": PRECISIONS} | choices
    return {
        key.format(**values): dims.format(**values)
        for key, dims in templates.items()
        for values in _combinations(key, choices)
    }


def _combinations(key, choices):
    names = [name for name in choices if f"{{{name}}}" in key]
    for values in itertools.product(*(choices[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def check_schema(
    path: str, arrays: Mapping[str, np.ndarray], schema: Schema
) -> None:
    """Checks the keys, types and shapes of a recorded file.

    Args:
        path: The file, for the message.
        arrays: What is in it.
        schema: What should be.

    Raises:
        UserError: Names the file and the first key that is wrong.
    """
    for key in sorted(set(schema) - set(arrays)):
        raise UserError(f"{path}: key {key} is missing: record the file again.")
    for key in sorted(set(arrays) - set(schema)):
        raise UserError(f"{path}: key {key} is unknown: record the file again.")
    sizes: dict[str, int] = {}
    for key, dims in schema.items():
        _check_array(f"{path}: key {key}", arrays[key], dims.split(), sizes)


def _check_array(origin, array, dims, sizes):
    kind = "U" if dims[:1] == ["text"] else "fiu"
    if array.dtype.kind not in kind:
        raise UserError(
            f"{origin} has type {array.dtype}: give"
            f" {'text' if kind == 'U' else 'numbers'}."
        )
    dims = [dim for dim in dims if dim != "text"]
    expected = tuple(
        int(dim) if dim.isdigit() else sizes.get(dim, dim) for dim in dims
    )
    if len(expected) == array.ndim:
        sizes |= {
            dim: size
            for dim, size in zip(dims, array.shape, strict=True)
            if not dim.isdigit() and dim not in sizes
        }
        expected = tuple(sizes.get(dim, dim) for dim in expected)
    if array.shape != expected:
        raise UserError(
            f"{origin} has shape {array.shape}, expected"
            f" ({', '.join(map(str, expected))}): record the file again."
        )
