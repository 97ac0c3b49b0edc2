"""Finds the code blocks of a Markdown page, and why some are not run."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).parent.parent.parent
PAGES = (
    ROOT / "README.md",
    ROOT / "results/claims.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
# Of these, code is run; of the others nothing could be.
RUN = ("python", "bash")
SHOWN = ("", "text", "mermaid")

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})(.*)$")
_REASON = re.compile(r"<!-- not run: (\S.*\S) -->")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced code block.

    Attributes:
        line: Number of its first line of code, from 1.
        language: Word after the fence.
        text: Its code.
        reason: Why it is not run, from a comment right above it, or "".
    """

    line: int
    language: str
    text: str
    reason: str = ""

    @property
    def is_run(self) -> bool:
        return self.language in RUN and not self.reason


def blocks(page: str) -> list[Block]:
    """The code blocks of a page's text, in their order.

    Raises:
        ValueError: A fence is not closed, or has a language that is neither
            run nor known to be no code.
    """
    found, lines = [], page.splitlines()
    start = 0
    while start < len(lines):
        opening = _FENCE.match(lines[start])
        start += 1
        if not opening:
            continue
        indent, fence, language = opening.groups()
        language = language.strip()
        if language not in RUN + SHOWN:
            raise ValueError(f"line {start}: write {RUN}, not {language!r}")
        end = _closing(lines, start, fence)
        code = "\n".join(line.removeprefix(indent) for line in lines[start:end])
        reason = _reason(lines[: start - 1])
        found.append(Block(start + 1, language, code, reason))
        start = end + 1
    return found


def _closing(lines, start, fence):
    for number in range(start, len(lines)):
        if lines[number].strip() == fence:
            return number
    raise ValueError(f"line {start}: the code block has no end")


def _reason(above):
    """The reason in the last line that is not blank."""
    filled = [line for line in above if line.strip()]
    comment = _REASON.fullmatch(filled[-1].strip()) if filled else None
    return comment[1] if comment else ""


def script(page: str) -> str:
    """A page's Python that is run, every line at its number in the page."""
    lines = [""] * len(page.splitlines())
    for block in blocks(page):
        if block.language == "python" and block.is_run:
            code = block.text.splitlines()
            lines[block.line - 1 : block.line - 1 + len(code)] = code
    return "\n".join(lines)


def shell_commands(page: str) -> list[str]:
    """A page's bash that is run, and lines after `$ ` of shown output."""
    found = []
    for block in blocks(page):
        if block.reason:
            continue
        if block.language == "bash":
            found.append(block.text)
        elif block.language == "":
            found += [
                line.removeprefix("$ ")
                for line in block.text.splitlines()
                if line.startswith("$ ")
            ]
    return found
