"""The modules of the source tree, and which imports which."""

import ast
import functools
import pathlib
import tomllib

ROOT = pathlib.Path(__file__).parent.parent


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
COMMANDS = sorted(
    name.removeprefix("xvat-") for name in PYPROJECT["project"]["scripts"]
)
MODULES = {
    _name(path): path for path in sorted((ROOT / "xvat_tf").rglob("*.py"))
}


@functools.cache
def imports(name):
    """Modules of the project that a module imports, at any depth of it."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {n if n in MODULES else node.module for n in names}
    return sorted((found & set(MODULES)) - {name})


def libraries():
    """Files and deps of each library of BUILD, by its name.

    A BUILD file is Python in its form: its functions are ours here.
    """
    found = {}

    def py_library(name, srcs, data=(), deps=()):
        found[name] = set(srcs), {label.removeprefix(":") for label in deps}

    def glob(patterns):
        files = (f for pattern in patterns for f in ROOT.glob(pattern))
        return [str(file.relative_to(ROOT)) for file in files]

    functions = {"py_library": py_library, "glob": glob}
    others = ("load", "package", "exports_files", "filegroup", "command")
    functions |= dict.fromkeys(others, lambda *args, **kwargs: None)
    exec((ROOT / "BUILD").read_text(), functions)
    return found
