"""Texts with places for values, read from the package that has them."""

import importlib.resources
from collections.abc import Callable, Mapping

from jinja2 import Environment, StrictUndefined, Template


def read_template(
    package: str,
    name: str,
    filters: Mapping[str, Callable] | None = None,
    escaped: bool = False,
) -> Template:
    """Reads a Jinja template of a package.

    `filters` are functions that the text may apply, by name; `escaped`: values
    become HTML, as they may be a stranger's.
    """
    environment = Environment(
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters or {}
    source = importlib.resources.files(package) / name
    return environment.from_string(source.read_text("utf-8"))
