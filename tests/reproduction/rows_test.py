"""Mean, deviation and difference, by hand."""

import math

import pytest

from xvat_tf.files.tables import Spread
from xvat_tf.reproduction import collection, rows
from xvat_tf.reproduction.cells import Cell
from xvat_tf.reproduction.collection import Collected, read
from xvat_tf.reproduction.runs import planned, read_state
from xvat_tf.settings import resolve


def collected(accuracy, median=0.5, status="finished", on="test", **given):
    given = {"dataset": "digits", "method": "mle", "num_epochs": 50} | given
    results = {
        "status": status,
        "evaluated_on": on,
        "final_accuracy": accuracy,
        "best_accuracy": 0.99,
        "median_of_last_20_accuracy": median,
        "steps": 3000,
    }
    return Collected(resolve(given), results)


def test_row_is_the_mean_of_finished_runs(cell):
    runs = [
        collected(0.88, 0.80),
        collected(0.92, 0.84),
        collected(0.10, status="interrupted"),
        collected(0.10, status="failed"),
        collected(None, None, status="diverged"),
    ]
    row = rows.make(cell, runs)
    assert row.finished == 2
    assert row.final.mean == pytest.approx(90.0)
    assert row.final.deviation == pytest.approx(math.sqrt(8))
    assert row.median.mean == pytest.approx(82.0)
    assert row.difference == pytest.approx(0.0)
    assert row.status == "2 finished, 1 interrupted, 1 failed, 1 diverged"
    assert len(row.hashes) == 2 and len(set(row.hashes)) == 1


def test_best_test_accuracy_is_not_called_validation(cell):
    assert rows.make(cell, [collected(0.9)]).validation_best is None


def test_validation_runs_have_no_test_accuracy(cell):
    row = rows.make(cell, [collected(0.9, on="validation", validation=True)])
    assert row.finished == 1
    assert row.final is row.median is row.difference is None
    assert row.validation_best == Spread(99.0, None)


def test_interrupted_runs_say_where_they_are(cell):
    runs = [
        collected(0.981, status="interrupted"),
        collected(None, None, status="interrupted"),
    ]
    row = rows.make(cell, runs)
    assert row.final is None
    assert row.unfinished == (
        "98.1 (interrupted at 3,000 of 5,000);"
        " – (interrupted at 3,000 of 5,000)"
    )


def test_runs_of_another_data_set_are_not_compared(cell):
    row = rows.make(cell, [collected(0.9, dataset="moons")])
    assert row.dataset == "moons" and row.difference is None


def test_collected_runs_are_read_by_seed(cell, places, make_run):
    for seed in (10, 2):
        run = make_run(seed, 0.9, status="finished")
        collection.collect(run, read_state(run), places.results)
    found = read(cell, places)
    assert [run.settings.train.seed for run in found] == [2, 10]
    assert {run.kind for run in found} == {"finished"}


def test_a_flagfile_that_changed_since_is_seen(cell, places, make_run):
    run = make_run(1, 0.9, status="finished")
    collection.collect(run, read_state(run), places.results)
    with open(places.flags / "digits_mle.flags", "a") as file:
        file.write("--learning_rate=0.5\n")
    row = rows.make(cell, read(cell, places))
    assert (row.finished, row.status) == (0, "1 settings changed")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("results.json", "{"),
        ("results.json", '{"status": "finished"}'),
        ("settings.json", '{"settings": 1}'),
        ("metrics.jsonl", ""),
    ],
)
def test_a_damaged_run_is_named_and_left_out(
    cell, places, make_run, capsys, name, text
):
    for seed in (1, 2):
        run = make_run(seed, 0.9, status="finished")
        collection.collect(run, read_state(run), places.results)
    path = collection.place(places.results, "digits_mle") / "seed1"
    (path / name).write_text(text)
    [found] = read(cell, places)
    assert found.settings.train.seed == 2
    said = capsys.readouterr().err
    assert said.startswith("missing: ") and said.count("\n") == 1
    assert str(path) in said


def test_a_cell_without_a_flagfile_has_no_runs(places):
    cell = Cell("1", "digits", "mle", "official", "", 90.0)
    assert read(cell, places) == [] == planned([cell], [1], places)


def test_cells_of_one_flagfile_share_its_runs(places):
    """Whether they name it or its path."""
    cells = [
        Cell("1", "digits", "mle", "official", name, 90.0)
        for name in ("digits_mle", "flags/digits_mle.flags")
    ]
    names = [run.name for run in planned(cells, [2, 1], places)]
    assert names == ["digits_mle seed 2", "digits_mle seed 1"]
