"""`python -m xvat_tf.reproduce`: mistakes, rendering, and a whole table."""

import csv
import signal

import pytest

from tests import processes
from tests.reproduction.conftest import CELL
from xvat_tf import reproduce
from xvat_tf.errors import UserError
from xvat_tf.reproduction import cells


def flags(places, *more):
    return [
        "--table=1",
        f"--runs_dir={places.runs}",
        f"--results_dir={places.results}",
        f"--flags_dir={places.flags}",
        *more,
    ]


@pytest.mark.parametrize(
    "given, message",
    [
        (["--table=9"], "--table=9 is not known: choose one of 1, 2, 3, 4, 5,"),
        (["--table=2"], "--table=2 has no cell: choose another table"),
        (["--datasets=imagenet"], "--datasets=imagenet is not known: choose"),
        (["--methods=sgd"], "--methods=sgd is not known: choose from mle,"),
        (["--variants=long"], "--variants=long is not known: choose from"),
        (["--seeds=1,x"], "--seeds=1,x: give whole numbers, such as"),
        (["--seeds="], "--seeds= is empty"),
        (["--seeds=4294967296"], "digits_mle.flags, seed 4294967296: --"),
        (["--jobs=0"], "--jobs=0 must be at least 1"),
        (["--flags_dir=nowhere"], "nowhere/digits_mle.flags"),
        (["--results_dir=/proc/x"], "--results_dir=/proc/x cannot be written"),
        (["--runs_dir=/proc/x"], "--runs_dir=/proc/x cannot be written"),
        (["--benchmark_json=x"], "--table=3 and --benchmark_json=FILE belong"),
        (["--table=3"], "--table=3 and --benchmark_json=FILE belong"),
        (["--table=3", "--benchmark_json=no"], "no cannot be read"),
        (["--dataset=mnist"], "nknown"),
    ],
)
def test_mistakes_end_in_one_line(given, message, places, cell):
    with pytest.raises(UserError) as raised:
        reproduce.main(flags(places, *given))
    assert message in str(raised.value)


def test_a_table_is_needed():
    with pytest.raises(UserError, match="give --table=N, one of 1, 2"):
        reproduce.main([])


def test_rendering_needs_no_runs(places, cell, make_run, tmp_path, capsys):
    make_run(1, 0.9, status="finished")
    make_run(2, 0.8)
    assert reproduce.main(flags(places, "--render")) == 0
    table = (places.results / "table1.md").read_text()
    cells = [cell.strip() for cell in table.splitlines()[4].split("|")]
    assert "1 finished, 1 interrupted" in cells
    assert cells[1:6] == ["digits", "mle", "recipe", "1", "90.00"]
    assert "1 finished, 1 interrupted" in table
    places.runs.rename(tmp_path / "away")
    assert reproduce.main(flags(places, "--render")) == 0
    assert (places.results / "table1.md").read_text() == table
    said = capsys.readouterr()
    assert table in said.out and not said.err
    # What was kept is shown, not called missing.
    assert "missing" not in said.out


def test_a_table_of_no_run_is_called_so(places, cell, capsys):
    assert reproduce.main(flags(places, "--render")) == 0
    said = capsys.readouterr()
    assert said.err.startswith(f"note: {places.results}/runs holds no runs: ")
    assert "missing" not in said.out


def test_an_unfinished_table_is_told_by_the_status(
    places, cell, make_run, capsys
):
    make_run(1, 0.9, status="diverged")
    assert reproduce.main(flags(places, "--seeds=1")) == 1
    assert reproduce.main(flags(places, "--seeds=1", "--render")) == 0
    run = make_run(2, 0.9, status="finished")
    assert reproduce.main(flags(places, "--seeds=2")) == 0
    run.folder.settings_file.write_text("{")
    assert reproduce.main(flags(places, "--seeds=2", "--render")) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: digits_mle seed 2: ")
    assert "settings.json is damaged" in error and error.count("\n") == 1


def test_limits_choose_cells():
    """One data set, method and variant of table 1 have one cell."""
    limits = {
        "datasets": ["mnist"],
        "methods": ["vat"],
        "variants": ["paper", "short"],
    }
    chosen = cells.choose("1", limits)
    assert [(c.dataset, c.method, c.variant) for c in chosen] == [
        ("mnist", "vat", "paper"),
        ("mnist", "vat", "short"),
    ]
    with pytest.raises(UserError, match="2 --datasets=mnist .* has no cell"):
        cells.choose("2", limits)


def _only_cell():
    cells.CELLS = (CELL,)


def test_a_table_is_stopped_continued_and_finished(places, tmp_path):
    """Stopped as it begins; `lease_test.py` stops a run while it trains."""
    flagfile = places.flags / "digits_mle.flags"
    flagfile.write_text(flagfile.read_text() + "--num_epochs=2\n")

    def start():
        words = ("reproduce", *flags(places, "--seeds=1", "--jobs=2"))
        return processes.start(words, tmp_path, _only_cell)

    def run():
        ended = start().end()
        assert (ended.status, ended.err) == (0, "")
        return ended.out

    def row():
        lines = (places.results / "table1.csv").read_text().splitlines()
        [found] = [r for r in csv.DictReader(lines) if r["flagfile"]]
        return found

    def written():
        paths = [*places.runs.rglob("*.log"), *places.results.glob("table1.*")]
        return {path: path.read_text() for path in paths}

    process = start()
    process.wait_until(lambda: any(places.runs.glob("*/seed?.log")))
    process.send(signal.SIGTERM)
    ended = process.end()
    assert ended.status == 143
    assert ended.err == "stopped and saved; the same command continues.\n"
    assert "1 run: 0 finished, 1 missing" in ended.out
    assert row()["n"] == "0"

    assert "1 run: 0 finished, 1 missing" in run()
    found = row()
    assert found["n"] == "1" and found["status"] == found["unfinished"] == ""
    assert float(found["final_mean"]) > 30 and found["final_std"] == ""
    assert found["trained_on"] == "digits" and float(found["difference"]) < 10

    before = written()
    assert "nothing is left to train" in run()
    assert written() == before
