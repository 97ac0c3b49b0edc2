"""Imports the authors' PyTorch code, unmodified. Runs in the child."""

import importlib
import sys
import types
from collections.abc import Iterable

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


def import_program(
    folder: str, names: Iterable[str]
) -> dict[str, types.ModuleType]:
    """Modules of the checkout by name.

    `models` stands without its `__init__`, which needs torchvision for other
    networks, and plotting is left out where it is not installed.

    Args:
        folder: The checkout.
        names: Modules, such as `"Loss.L0Layer"`.
    """
    sys.path.insert(0, folder)
    models = types.ModuleType("models")
    models.__path__ = [f"{folder}/models"]
    sys.modules["models"] = models
    try:
        importlib.import_module("matplotlib.pyplot")
    except ImportError:
        sys.modules.update({n: types.ModuleType(n) for n in _PLOTTING})
    return {name: importlib.import_module(name) for name in names}
