"""Calls what a text names, `module:function`, imported when it is needed."""

import importlib
import os
import sys
from collections.abc import Callable


def named(path: str) -> Callable:
    """Imports a function or class, also from the current folder.

    Args:
        path: `module:name`.

    Raises:
        ImportError: There is no such module.
        AttributeError: There is no such name in it.
    """
    module, _, name = path.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # An installed command leaves it out.
    return getattr(importlib.import_module(module), name)


def call(path: str, *arguments):
    """Calls what `path` names; see `named`."""
    return named(path)(*arguments)
