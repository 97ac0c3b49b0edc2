"""The rendered tables, character by character."""

import json

import pytest

from xvat_tf.errors import UserError
from xvat_tf.reproduction import accuracy_table, formats, time_table
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.rows import Row, Spread

ROWS = [
    Row(
        Cell(1, "mnist", "at_l2", "paper", "mnist_at", 98.5, 98.75, "50 % & η"),
        2,
        Spread(98.25, 0.125),
        None,
        Spread(98.0, None),
        "97.0 (interrupted at 1 of 2)",
        "2 finished, 1 interrupted",
        ("00000001", "00000002"),
        "mnist",
    ),
    Row(
        Cell(1, "mnist", "mle", "recipe", "mnist_mle", None, None),
        0,
        None,
        None,
        None,
        "98.1 (interrupted at 3,000 of 5,000)",
        "1 interrupted",
        (),
        "mnist",
    ),
]
CELLS = [
    [
        *("mnist", "at_l2", "paper", "2", "98.25 ± 0.12", "–", "98.00"),
        *("98.50", "98.75", "−0.25", "2 finished, 1 interrupted"),
        *("mnist_at", "00000001 00000002"),
    ],
    [
        *("mnist", "mle", "recipe", "0"),
        *("98.1 (interrupted at 3,000 of 5,000)", "–", "–", "–", "–", "–"),
        *("1 interrupted", "mnist_mle", "–"),
    ],
]
LATEX = r"""% mnist at_l2 paper: mnist_at: 00000001 00000002: 50 % & η
% mnist mle recipe: mnist_mle: –
\begin{tabular}{lllrrrrrrrr}
\toprule
data set & method & variant & n & final & validation best & median of last 20 &\
 paper & official code & difference & status \\
\midrule
mnist & at\_l2 & paper & 2 & 98.25 $\pm$ 0.12 & -- & 98.00 & 98.50 & 98.75 &\
 $-$0.25 & 2 finished, 1 interrupted \\
mnist & mle & recipe & 0 & 98.1 (interrupted at 3,000 of 5,000) & -- & -- & --\
 & -- & -- & 1 interrupted \\
\bottomrule
\end{tabular}
""".replace("\\\n ", " ")
CSV = """\
mnist,at_l2,paper,2,98.25,0.125,,,98.0,,98.5,98.75,-0.25,\
"2 finished, 1 interrupted",97.0 (interrupted at 1 of 2),mnist_at,\
00000001 00000002,mnist,50 % & η
mnist,mle,recipe,0,,,,,,,,,,1 interrupted,\
"98.1 (interrupted at 3,000 of 5,000)",mnist_mle,,,
"""


def test_markdown():
    text = accuracy_table.markdown(1, ROWS)
    lines = text.splitlines()
    assert lines[0] == "# Table 1"
    found = [[c.strip() for c in x.strip("|").split("|")] for x in lines[4:6]]
    assert found == CELLS
    assert lines[-1] == "- mnist at_l2 paper: 50 % & η"


def test_markdown_says_what_runs_were_trained_on():
    row = Row(ROWS[1].cell, 1, Spread(9.0, None), None, None, "", "", (), "x")
    last = accuracy_table.markdown(1, [row]).splitlines()[-1]
    assert last == (
        "- mnist mle recipe: runs are of x, not compared to the paper."
    )


def test_latex():
    assert accuracy_table.latex(ROWS) == LATEX


def test_csv():
    header, *lines = accuracy_table.csv(ROWS).splitlines(keepends=True)
    assert "".join(lines) == CSV
    assert header.count(",") == 18


def test_latex_sets_every_character():
    assert formats.latex_text("a_b & 5 % #1 $x {y} \\ ~^") == (
        r"a\_b \& 5 \% \#1 \$x \{y\} \textbackslash{}"
        r" \textasciitilde{}\textasciicircum{}"
    )


def benchmark_file(tmp_path, **changed):
    timed = {"network": "conv13", "samples": [0.5, 0.25, 2.0]}
    record = {
        "machine": {"cores": 2, "processor": "P & Q"},
        "steps_per_epoch": {"conv13": 400},
        "steps": [
            timed | {"name": "vat", "ratio_to_vat": 1.0},
            timed | {"name": "xvat-inductive", "ratio_to_vat": 0.75},
            timed | {"name": "peer", "ratio_to_vat": None},
        ],
    }
    path = tmp_path / "found.json"
    path.write_text(json.dumps(record | changed))
    return path


def test_times_are_of_the_median_step(tmp_path):
    rows, machine = time_table.read(benchmark_file(tmp_path))
    assert rows == [
        ("conv13", "vat", "400", "200", "1.00", "1"),
        ("conv13", "xvat-inductive", "400", "200", "0.75", "about 0.7"),
        ("conv13", "peer", "400", "200", "–", "–"),
    ]
    assert machine == "cores 2, processor P & Q"
    assert "Machine: cores 2, processor P & Q.\n" in time_table.markdown(
        rows, machine
    )
    assert r"conv13 & vat & 400 & 200 & 1.00 & 1 \\" in time_table.latex(
        rows, machine
    )
    assert time_table.csv(rows).splitlines()[:2] == [
        "network,method,steps,s per epoch,to vat,paper",
        "conv13,vat,400,200,1.00,1",
    ]


@pytest.mark.parametrize(
    "changed", [{"steps_per_epoch": {}}, {"steps": 1}, {"machine": None}]
)
def test_a_file_of_something_else_ends_in_one_line(tmp_path, changed):
    path = benchmark_file(tmp_path, **changed)
    with pytest.raises(UserError, match="holds no step times"):
        time_table.read(path)
