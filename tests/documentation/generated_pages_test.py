"""Pages that scripts write are what the scripts write now."""

import importlib.util

import pytest

from tests.documentation.blocks import ROOT


def load(name):
    spec = importlib.util.spec_from_file_location(
        name, ROOT / "docs" / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generator():
    return load("generate_reference")


@pytest.fixture(scope="module")
def drawing():
    return load("draw_imports")


def test_the_reference_is_that_of_the_docstrings(generator):
    assert generator.PAGE.read_text() == generator.reference()


def test_the_picture_is_that_of_the_imports(drawing):
    page = drawing.PAGE.read_text()
    assert page == drawing.with_drawing(page)


def test_a_docstring_becomes_markdown(generator):
    docstring = """
        One line.

        More, with a list:

        Args:
            x: float, `(n,)`,
                in [0, 1].
            **others: Passed on.

        Returns:
            Twice: that.

        Example:
            >>> f(1)
            2
        """
    assert generator.text(docstring) == (
        "One line.\n\nMore, with a list:\n\n"
        "**Args**\n\n- `x`: float, `(n,)`,\n  in [0, 1].\n"
        "- `**others`: Passed on.\n\n"
        "**Returns**\n\nTwice: that.\n\n"
        "**Example**\n\n```text\n>>> f(1)\n2\n```\n"
    )


def test_a_class_has_its_own_methods(generator):
    class Example:
        """Holds."""

        def shown(self, x, *, y=1):
            """Shows."""

        def _hidden(self):
            """Hides."""

    assert generator._entry("Example", Example) == (
        "### Example\n\n```text\nExample()\n```\n\nHolds.\n\n"
        "#### Example.shown\n\n```text\nshown(x, *, y=1)\n```\n\nShows.\n"
    )


def test_a_name_without_a_place_is_missed(generator, monkeypatch):
    monkeypatch.setattr(generator.xvat_tf, "__all__", ["Trainer", "strange"])
    with pytest.raises(SystemExit, match="strange"):
        generator.reference()


def test_only_arrows_that_do_not_follow_are_drawn(drawing):
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": {"a", "c"}}
    expected = {"a": {"b"}, "b": {"c"}, "c": set(), "d": {"a"}}
    assert drawing.direct(graph) == expected


def test_names_are_packages(drawing):
    graph = drawing.package_imports()
    assert "settings" in graph["data"] and "errors" in graph["settings"]
