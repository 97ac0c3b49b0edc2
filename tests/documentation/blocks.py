"""The code blocks of a Markdown page, and which of them are run."""

import re

from markdown_it import MarkdownIt

from tests.source_tree import ROOT

PAGES = (
    ROOT / "README.md",
    ROOT / "results/claims.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
# Of these, code is run; of the others nothing could be.
_RUN = ("python", "bash")
_SHOWN = ("", "text", "mermaid")
_REASON = re.compile(r"<!-- not run: \S.*\S -->\n")


def blocks(page: str) -> list[tuple[int, str, str]]:
    """Those without a comment above that says why they are not run.

    Returns:
        Number of the first line of code, from 1; language; code.

    Raises:
        ValueError: A fence is not closed, or has a language that is neither
            run nor known to be no code.
    """
    found, lines, above = [], page.splitlines(), ""
    for token in MarkdownIt().parse(page):
        if token.type == "fence":
            first, end = token.map
            if token.info not in _RUN + _SHOWN:
                raise ValueError(f"line {first + 1}: write one of {_RUN}")
            if lines[end - 1].strip() != token.markup:
                raise ValueError(f"line {first + 1}: the block has no end")
            if not _REASON.fullmatch(above):
                found.append((first + 2, token.info, token.content))
        above = token.content
    return found


def script(page: str) -> str:
    """A page's Python that is run, every line at its number in the page."""
    lines = [""] * len(page.splitlines())
    for line, language, code in blocks(page):
        if language == "python":
            code = code.splitlines()
            lines[line - 1 : line - 1 + len(code)] = code
    return "\n".join(lines)


def shell_commands(page: str) -> list[str]:
    """A page's bash that is run, and lines after `$ ` of shown output."""
    found = []
    for _, language, code in blocks(page):
        if language == "bash":
            found.append(code)
        elif language == "":
            found += re.findall(r"^\$ (.*)$", code, re.M)
    return found
