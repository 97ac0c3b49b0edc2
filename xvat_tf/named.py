"""Calls what a text names, `module:function`, imported when it is needed."""

import importlib
import os
import sys
from collections.abc import Callable


def named(path: str) -> Callable:
    """Imports what `module:name` says, also from the current folder.

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
