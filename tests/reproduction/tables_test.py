"""The rendered tables: cells, notes, and every number of the paper."""

import csv
import json
import pathlib

import pytest

from xvat_tf import published
from xvat_tf.errors import UserError
from xvat_tf.files.tables import Spread
from xvat_tf.reproduction import cells, rows, tables, times
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.rows import Row
from xvat_tf.reproduction.runs import Places

ROOT = pathlib.Path(__file__).parents[2]
ROWS = [
    Row(
        Cell("1", "mnist", "at_l2", "paper", "mnist_at", 98.5, "", "50 % & η"),
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
        Cell("1", "mnist", "mle", "recipe", "mnist_mle", None, "a mask step"),
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
        *("98.50", "−0.25", "2 finished, 1 interrupted"),
        *("mnist_at", "00000001 00000002"),
    ],
    [
        *("mnist", "mle", "recipe, own", "0"),
        *("98.1 (interrupted at 3,000 of 5,000)", "–", "–", "–", "–"),
        *("1 interrupted", "mnist_mle", "–"),
    ],
]


def body(text):
    """Texts of the rows of the first Markdown table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[c.strip() for c in x.strip("|").split("|")] for x in lines[2:]]


def test_markdown():
    text = tables.markdown("1", ROWS)
    assert text.startswith("# Table 1\n")
    assert body(text) == CELLS
    lines = text.splitlines()
    assert lines[-2:] == [
        "- mnist at_l2 paper: 50 % & η",
        "- mnist mle recipe: a mask step",
    ]
    explained = [line.partition(":")[0] for line in lines if line[:2] == "- "]
    assert explained[:3] == ["- recipe", "- paper", "- own"]


def test_markdown_says_what_runs_were_trained_on():
    row = Row(ROWS[0].cell, 1, Spread(9.0, None), None, None, "", "", (), "x")
    last = tables.markdown("1", [row]).splitlines()[-1]
    assert last == (
        "- mnist at_l2 paper: runs are on x, not compared to the paper."
    )


def test_latex_has_origin_and_notes_as_comments():
    lines = tables.latex(ROWS).splitlines()
    assert lines[:3] == [
        "% mnist at_l2 paper: mnist_at: 00000001 00000002: 50 % & η",
        "% mnist mle recipe: mnist_mle: –: a mask step",
        r"\begin{tabular}{lllrrrrrrr}",
    ]
    found = [cell.strip() for cell in lines[6][:-2].split("&")]
    assert found == [
        *("mnist", r"at\_l2", "paper", "2", r"98.25 $\pm$ 0.12", "--"),
        *("98.00", "98.50", "$-$0.25", "2 finished, 1 interrupted"),
    ]


def test_what_the_paper_has_besides_is_published_only():
    """Of CIFAR-100, one method of three is trained; gaps have no row."""
    own = rows.make(Cell("2", "cifar100", "vat", "paper", "x", 59.71), [])
    found = tables.with_published("2", [own])
    shown = body(tables.markdown("2", found))
    assert [row[1:4] + row[7:8] for row in shown] == [
        ["mle [22]", "published only", "–", "55.44"],
        ["pi [22]", "published only", "–", "60.81"],
        ["temporal [22]", "published only", "–", "61.35"],
        ["xvat_transductive", "published only", "–", "61.30"],
        ["xvat", "published only", "–", "61.76"],
        ["vat", "paper", "0", "59.71"],
    ]


@pytest.mark.parametrize("table", ["1", "2", "4", "5"])
def test_a_table_shows_every_number_of_the_paper(table, tmp_path):
    places = Places(tmp_path, tmp_path, ROOT / "flags")
    text, values, _ = tables.write_accuracies(table, places)
    shown = {(row[0], row[1], row[7]) for row in body(text.read_text())}
    lines = list(csv.DictReader(values.read_text().splitlines()))
    known = {(cell.dataset, cell.method) for cell in cells.of_table(table)}
    for one in published.of_table(table):
        name = one.method
        if (one.dataset, name) not in known:
            name = f"{name} {one.source}".strip()
        assert (one.dataset, name, f"{one.value:.2f}") in shown
        assert any(
            (row["dataset"], row["method"]) == (one.dataset, name)
            and float(row["paper"]) == one.value
            for row in lines
        )
    trained = [row for row in lines if row["variant"] != tables.PUBLISHED_ONLY]
    assert len(trained) == len(cells.of_table(table))


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


def test_times_stand_beside_those_of_the_paper(tmp_path):
    """35.7 / 54.3 = 0.657 on SVHN, and so on; a peer has no number there."""
    times.keep(benchmark_file(tmp_path), tmp_path)
    text, values, _ = times.write_times(tmp_path)
    assert "Machine here: cores 2, processor P & Q.\n" in text.read_text()
    vat = ("conv13", "vat", "400", "200", "1.00")
    xvat = ("conv13", "xvat-inductive", "400", "200", "0.75")
    peer = ("conv13", "peer", "400", "200", "–", "–", "–")
    left = ("–", "xvat-transductive", "–", "–", "–")
    assert [tuple(row) for row in body(text.read_text())] == [
        ("svhn", *vat, "54.3", "1.000"),
        ("svhn", *xvat, "35.7", "0.657"),
        ("svhn", *peer),
        ("svhn", *left, "36.6", "0.674"),
        ("cifar10", *vat, "51.3", "1.000"),
        ("cifar10", *xvat, "33.6", "0.655"),
        ("cifar10", *peer),
        ("cifar10", *left, "34.1", "0.665"),
        ("cifar100", *vat, "51.5", "1.000"),
        ("cifar100", *xvat, "34.4", "0.668"),
        ("cifar100", *peer),
        ("cifar100", *left, "39.3", "0.763"),
        ("mnist", "–", "vat", "–", "–", "–", "4.31", "1.000"),
        ("mnist", *left, "4.54", "1.053"),
        ("mnist", "–", "xvat-inductive", "–", "–", "–", "4.33", "1.005"),
    ]
    assert values.read_text().splitlines()[:2] == [
        "data set,network,method,steps,s per epoch,to vat,"
        "paper: s per epoch,paper: to vat",
        "svhn,conv13,vat,400,200,1.00,54.3,1.000",
    ]


def test_times_render_again_from_what_was_kept(tmp_path):
    times.keep(benchmark_file(tmp_path), tmp_path)
    before = times.write_times(tmp_path)[0].read_text()
    (tmp_path / "found.json").unlink()
    assert times.write_times(tmp_path)[0].read_text() == before
    (tmp_path / times.KEPT).write_text("{")
    with pytest.raises(UserError, match="table3.json is damaged .*: remove it"):
        times.write_times(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"steps_per_epoch": {}},
        {"steps_per_epoch": {"conv13": 0}},
        {"steps": 1},
        {"steps": [{"network": "conv13", "name": "vat", "samples": []}]},
        {"machine": None},
    ],
)
def test_a_file_of_something_else_ends_in_one_line(tmp_path, changed):
    path = benchmark_file(tmp_path, **changed)
    with pytest.raises(UserError, match="is damaged .*make it with"):
        times.keep(path, tmp_path)
