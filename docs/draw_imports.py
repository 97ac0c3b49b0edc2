"""Draws which package imports which, into docs/architecture.md.

python docs/draw_imports.py
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.architecture_test import RANKS  # noqa: E402
from tests.source_tree import MODULES, imports  # noqa: E402

PAGE = ROOT / "docs/architecture.md"
BEGIN, END = "<!-- imports: begin -->\n", "<!-- imports: end -->"


def package_imports() -> dict[str, set[str]]:
    """Packages and single modules, each with those that it imports."""
    found = {name: set() for name in RANKS}
    for module in MODULES:
        if module == "xvat_tf":
            continue
        own = module.split(".")[1]
        others = {
            other.split(".")[1] for other in imports(module) if "." in other
        }
        found[own] |= others - {own}
    return found


def direct(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows that do not follow from others (transitive reduction)."""

    def reached(name):
        return graph[name].union(*(reached(other) for other in graph[name]))

    return {
        name: others - set().union(*(reached(other) for other in others))
        for name, others in graph.items()
    }


def drawing() -> str:
    """The picture as a Mermaid block, highest rank first."""
    lines = ["```mermaid", "flowchart TD"]
    for rank in sorted(set(RANKS.values()), reverse=True):
        lines.append(f'  subgraph rank{rank}["rank {rank}"]')
        lines += [f"    {name}" for name in RANKS if RANKS[name] == rank]
        lines.append("  end")
    for name, others in direct(package_imports()).items():
        lines += [f"  {name} --> {other}" for other in sorted(others)]
    return "\n".join([*lines, "```", ""])


def with_drawing(page: str) -> str:
    """A page with the picture between its two markers."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + drawing() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_drawing(PAGE.read_text()))
