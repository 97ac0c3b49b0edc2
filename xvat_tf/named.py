"""Finds what a text names, `module:function`, imported when it is needed."""

import os
import pkgutil
import sys
from collections.abc import Callable


def named(path: str) -> Callable:
    """Imports what `module:name` says, also from the current folder.

    Raises an ImportError or an AttributeError.
    """
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())  # An installed command leaves it out.
    return pkgutil.resolve_name(path)
