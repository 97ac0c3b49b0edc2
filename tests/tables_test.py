"""Tables, letter by letter."""

import math
import re

from xvat_tf.files.tables import (
    as_csv,
    as_latex,
    as_markdown,
    counted,
    number,
    unmarked,
)

ROWS = [("a_b", "1 ± 2"), ("50 % & {#1}", "−0.5")]


def test_markdown_is_aligned_and_takes_numbers_as_they_are():
    assert as_markdown(("name", "n"), [("a", "1.0"), ("bcd", "23")]) == (
        "| name   |   n |\n|:-------|----:|\n| a      | 1.0 |\n| bcd    |  23 |"
    )


def test_latex_sets_every_character():
    text = as_latex(("na", "λ"), ROWS, comments=["of\n 50 %"])
    assert re.sub(" +", " ", text).splitlines() == [
        "% of 50 %",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r" na & $\lambda$ \\",
        r"\midrule",
        r" a\_b & 1 $\pm$ 2 \\",
        r" 50 \% \& \{\#1\} & $-$0.5 \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_csv_leaves_what_is_unknown_empty():
    rows = [{"name": "a, b", "n": 1.5}, {"name": "c", "n": None}]
    assert as_csv(rows) == 'name,n\n"a, b",1.5\nc,\n'


def test_unknown_numbers_are_dashes():
    assert number(None, ".2f") == number(math.nan, ".2f") == "–"
    assert number(0.5, ".0%") == "50%"


def test_a_text_makes_no_column_and_no_html_of_its_own():
    text = as_markdown(("name", "n"), [("a|b<script>\n\x1b[31m", "1")])
    assert r"| a\|b&lt;script>  [31m |" in text
    assert text.count("\n") == 2


def test_a_text_makes_no_link_and_no_picture_of_its_own():
    assert unmarked("![x](http://y) [1] (2)\x07") == r"![x]\(http://y) [1] (2) "


def test_one_is_counted_in_the_singular():
    assert counted(1, "epoch") == "1 epoch"
    assert counted(0, "epoch") == "0 epochs"
    assert counted(2000, "unlabeled image") == "2,000 unlabeled images"
