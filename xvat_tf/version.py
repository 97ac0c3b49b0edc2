"""Which version this is: of the source at hand, else of what is installed."""

import importlib.metadata
import pathlib
import tomllib

_NAME = "xvat_tf"


def _read() -> str:
    file = pathlib.Path(__file__).parents[1] / "pyproject.toml"
    if file.is_file():
        project = tomllib.loads(file.read_text("utf-8")).get("project", {})
        if project.get("name") == _NAME:
            return project["version"]
    try:
        return importlib.metadata.version(_NAME)
    except importlib.metadata.PackageNotFoundError:  # Copied, not installed.
        return "unknown"


__version__ = _read()
