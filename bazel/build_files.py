"""Writes BUILD and tests/BUILD from what the modules really import.

    python bazel/build_files.py

One library per module, one binary per command of pyproject.toml, one test per
test file. A library depends on what its file imports. What runs depends, too,
on modules that are only named in text on the way, for `importlib` or for a
process of its own. A test compares both files with what is written here.
"""

import ast
import functools
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).parent.parent
PACKAGES = ("xvat_tf", "tests")
# Files that a module opens, as labels or as an expression.
DATA = {
    "tests.cli.tensorboard_test": ["//:docs/tensorboard.md"],
    "tests.conftest": [":golden"],
    "tests.flagfiles_test": ["//:flags"],
    "xvat_tf.compare": ["//tests:golden"],
    "xvat_tf.data.sources": ["//:points"],
}
# Tests that `//...` leaves out: they read or run the whole tree, which no
# sandbox holds. A package stands for all of its tests.
MANUAL = (
    "tests.architecture_test",
    "tests.documentation",
    "tests.packaging_test",
)
# An import in text: `python -c` will run it.
IMPORTED = r"\b(?:from|import) (xvat_tf[\w.]*)"
LOAD = 'load("@rules_python//python:defs.bzl", "py_binary", "py_library")'
ROOT_HEAD = f'''"""The dependency diagram; written by bazel/build_files.py."""

{LOAD}

package(default_visibility = ["//visibility:public"])

exports_files([
    "docs/tensorboard.md",
    "pyproject.toml",
])

filegroup(
    name = "flags",
    srcs = glob(["flags/*.flags"]),
)

filegroup(
    name = "points",
    srcs = glob(["xvat_tf/data/embedded/*.npz"]),
)
'''
TESTS_HEAD = '''"""One test per file; written by bazel/build_files.py."""

load("@rules_python//python:defs.bzl", "py_library")
load("//bazel:pytest_test.bzl", "pytest_test")

package(default_visibility = ["//visibility:public"])

filegroup(
    name = "golden",
    srcs = glob(["golden/*.npz"]),
)
'''


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py")
]
MODULES = {module_name(path): path for path in sorted(FILES)}


def commands():
    """Module of each console script of pyproject.toml, by its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    scripts = project.get("scripts", {}).items()
    return {name: place.partition(":")[0] for name, place in scripts}


@functools.cache
def nodes(name):
    return list(ast.walk(ast.parse(MODULES[name].read_text())))


@functools.cache
def imports(name):
    """Modules of the project that a module imports, at any depth of it."""
    found = set()
    for node in nodes(name):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {n if n in MODULES else node.module for n in names}
    return sorted((found & set(MODULES)) - {name})


@functools.cache
def named(name):
    """Modules that a module has in its text, not in its imports."""
    texts = {
        node.value
        for node in nodes(name)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = texts | set(re.findall(IMPORTED, "\n".join(texts)))
    found = (found & set(MODULES)) - {"xvat_tf"}
    if "xvat_tf." in texts:  # The first part of an f-string.
        found |= set(commands().values())
    return found


def conftests(name):
    """Modules that pytest imports before a test."""
    parts = name.split(".")[:-1]
    above = (".".join([*parts[: i + 1], "conftest"]) for i in range(len(parts)))
    return {conftest for conftest in above if conftest in MODULES}


def needed_to_run(names):
    """The modules `names`, and those named on the way."""
    needed, seen, todo = set(names), set(), list(names)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            needed |= named(name)
            todo += [*imports(name), *named(name)]
    return needed


def label(name, package):
    """Label of a module, seen from the BUILD file of `package`."""
    home, _, rest = name.partition(".")
    target = rest.replace(".", "/") or home
    return f":{target}" if home == package else f"{prefix(home)}:{target}"


def prefix(package):
    return "//tests" if package == "tests" else "//"


def render(rule, name, **attributes):
    """A rule in the form that buildifier gives it."""
    lines = [f"{rule}(", f'    name = "{name}",']
    for attribute, value in attributes.items():
        if isinstance(value, str):
            lines.append(f'    {attribute} = "{value}",')
        elif len(value) == 1:
            lines.append(f'    {attribute} = ["{value[0]}"],')
        elif value:
            lines.append(f"    {attribute} = [")
            lines += [f'        "{each}",' for each in value]
            lines.append("    ],")
    return "\n".join([*lines, ")\n"])


def in_order(labels):
    """Labels of this package first, as buildifier sorts them."""
    key = re.compile(r"[:/]+")
    return sorted(labels, key=lambda each: (each[0] != ":", key.split(each)))


def library(name):
    package = name.partition(".")[0]
    return render(
        "py_library",
        label(name, package)[1:],
        srcs=[source(name, package)],
        data=DATA.get(name, []),
        deps=in_order(label(other, package) for other in imports(name)),
    )


def source(name, package):
    folder = ROOT if package == "xvat_tf" else ROOT / package
    return str(MODULES[name].relative_to(folder))


def binary(command, name):
    return render(
        "py_binary",
        command,
        srcs=["//bazel:command.py"],
        args=[name],
        main="//bazel:command.py",
        deps=in_order(
            label(other, "xvat_tf") for other in needed_to_run([name])
        ),
    )


def test(name):
    needed = {*imports(name), *conftests(name)}
    needed |= needed_to_run([name]) - {name}
    for conftest in conftests(name):
        needed |= needed_to_run([conftest])
    manual = any(f"{name}.".startswith(f"{each}.") for each in MANUAL)
    return render(
        "pytest_test",
        label(name, "tests")[1:],
        src=source(name, "tests"),
        data=DATA.get(name, []),
        tags=["manual"] if manual else [],
        deps=in_order(label(other, "tests") for other in needed),
    )


def root_text(ranks):
    """What BUILD has to say.

    Args:
        ranks: Rank of each package and each module at the top, by name.
    """
    ours = [name for name in MODULES if name.startswith("xvat_tf.")]
    parts = [ROOT_HEAD, library("xvat_tf")]
    for rank in sorted(set(ranks.values())):
        members = sorted(name for name in ranks if ranks[name] == rank)
        parts.append(f"# rank {rank}: {', '.join(members)}\n")
        parts += [
            library(name) for name in ours if name.split(".")[1] in members
        ]
    parts.append("# commands\n")
    parts += [binary(*command) for command in sorted(commands().items())]
    return "\n".join(parts)


def tests_text():
    """What tests/BUILD has to say."""
    names = [name for name in MODULES if name.startswith("tests.")]
    return "\n".join(
        [TESTS_HEAD]
        + [
            test(name) if name.endswith("_test") else library(name)
            for name in names
        ]
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from tests.architecture_test import RANKS

    (ROOT / "BUILD").write_text(root_text(RANKS))
    (ROOT / "tests" / "BUILD").write_text(tests_text())
