"""The README's results are those of the rendered table and its flagfiles."""

import csv
import re

from tests.source_tree import ROOT

_ROW = re.compile(r"^\| .* \|$", re.M)


def rendered():
    """Rows of table 1 by the names of their flagfiles."""
    with open(ROOT / "results/table1.csv", newline="") as file:
        return {row["flagfile"]: row for row in csv.DictReader(file)}


def shown():
    """Cells of the README's results that have a flagfile, by its name."""
    page = (ROOT / "README.md").read_text()
    section = page.partition("## Results")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in _ROW.findall(section)
    ]
    flagfile = re.compile(r"`(\w+)`")
    return {
        flagfile.fullmatch(row[-1])[1]: row[1:-1]
        for row in rows
        if flagfile.fullmatch(row[-1])
    }


def test_the_results_are_those_of_the_table():
    table = rendered()
    for name, (accuracy, seeds, steps, paper) in shown().items():
        path = f"flags/{name}.flags"
        row = table[path]
        mean, std = (float(row[f"final_{what}"]) for what in ("mean", "std"))
        assert accuracy == f"{mean:.2f} ± {std:.2f}", name
        assert seeds == row["n"], name
        assert f"# Cost: {steps} steps" in (ROOT / path).read_text(), name
        published = row["paper"] and f"{float(row['paper']):.2f}"
        assert paper.partition(",")[0] == (published or "–"), name


def test_there_are_results():
    assert len(shown()) >= 4
