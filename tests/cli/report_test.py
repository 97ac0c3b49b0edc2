"""The page that compares runs: its numbers, its pictures, how it fails."""

import html.parser
import json
import re
import shutil
import statistics

import numpy as np
import pytest

from tests import browser
from tests.cli.conftest import SHORT


class Reader(html.parser.HTMLParser):
    """Reads a page: rows of cells by section, pictures, addresses, text."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.pictures, self.addresses = {}, [], []
        self.tags, self._section, self._cell = set(), "", None
        self._heading = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.add(tag)
        self.addresses += [given[n] for n in ("src", "href") if n in given]
        if tag == "img":
            self.pictures.append(given["alt"])
        self._heading = tag in ("h2", "h3")
        if self._heading:
            self._section = ""
        if tag == "tr":
            self.rows[self._section].append([])
        if tag in ("td", "th"):
            self.rows[self._section][-1].append("")
            self._cell = True

    def handle_endtag(self, tag):
        self._cell = self._cell and tag not in ("td", "th")
        if self._heading and tag in ("h2", "h3"):
            self._heading = False
            self.rows.setdefault(self._section, [])

    def handle_data(self, data):
        if self._heading:
            self._section += data
        elif self._cell:
            self.rows[self._section][-1][-1] += data

    def row(self, section, first) -> list[str]:
        """The rest of the first row of a section that begins so."""
        found = [row for row in self.rows[section] if row[0] == first]
        return found[0][1:]


@pytest.fixture(scope="module")
def page(runs, commands_in, tmp_path_factory):
    """Of the four small runs on digits. Read only."""
    folder = tmp_path_factory.mktemp("report")
    flags = (f"--runs={runs}/digits-*", "--title=<b>Digits</b> & co")
    ended = commands_in(folder).called("report", *flags)
    assert ended.out == "report.html: 4 runs\n"
    return folder / "report.html"


@pytest.fixture(scope="module")
def read(page):
    return Reader(page.read_text())


def _results(run):
    return json.loads((run / "results.json").read_text())


def _evaluated(commands, run):
    flags = (f"--log_dir={run}", "--json=-", "--finetune_iter=0")
    return json.loads(commands.called("evaluate", *flags).out.splitlines()[0])


def test_numbers_are_those_of_the_runs(read, commands, runs):
    header, *_ = read.rows["Results"]
    assert header[1:5] == [
        "runs",
        "final, %",
        "median of last 20, %",
        "best, %",
    ]
    vat = _results(runs / "digits-vat")
    found = read.row("Results", "VAT")
    assert found[0] == "1" and found[6] == "12"
    names = ("final", "median_of_last_20", "best")
    for shown, name in zip(found[1:4], names, strict=True):
        assert shown == f"{100 * vat[f'{name}_accuracy']:.2f}"
    evaluated = _evaluated(commands, runs / "digits-vat")
    assert found[4] == f"{100 * evaluated['calibration_error']:.2f}"
    assert found[5] == f"{vat['final_nll']:.3f}"
    counts = np.array(evaluated["confusion_matrix"])
    shares = 100 * counts.diagonal() / counts.sum(axis=1)
    column = read.rows["Accuracy per class"][0].index("VAT") - 1
    for k, share in enumerate(shares):
        cells = read.row("Accuracy per class", f"{k}")
        assert cells[0] == str(counts[k].sum())
        assert cells[column] == f"{share:.1f}"


def test_seeds_are_one_row_with_their_deviation(read, runs):
    both = [
        100 * _results(runs / f"digits-xvat{end}")["final_accuracy"]
        for end in ("", "-2")
    ]
    found = read.row("Results", "xVAT")
    mean, deviation = statistics.fmean(both), statistics.stdev(both)
    assert found[:2] == ["2", f"{mean:.2f} ± {deviation:.2f}"]
    assert read.row("Results", str(runs / "digits-xvat-2"))[:4] == [
        *("xVAT", "finished", "2", "1")
    ]


def test_settings_that_differ_and_those_that_do_not(read):
    assert read.row("Settings", "pixel_range") == ["unit", "unit", "centered"]
    assert read.row("Settings", "num_power_iterations") == ["–", "2", "–"]
    assert read.row("Settings", "hidden_sizes") == ["8"]
    assert "seed" not in [row[0] for row in read.rows["Settings"]]


def test_the_page_is_one_file_and_says_nothing_as_code(read, page):
    assert len(read.pictures) == 3 + 3 + 5 + 1
    assert all(read.pictures)
    for address in read.addresses:
        assert re.match(r"data:(image/png;base64,|,)|#", address), address
    assert "&lt;b&gt;Digits&lt;/b&gt; &amp; co</h1>" in page.read_text()
    assert not read.tags & {"b", "script", "iframe", "object"}
    assert not re.search(r"url\(|@import", page.read_text())


def test_a_browser_shows_it_in_every_width(page, tmp_path):
    for width in (390, 1280):
        seen = browser.look(page, width, tmp_path)
        assert seen["width"] == width and seen["content"] <= width
        assert len(seen["pictures"]) == 12 and seen["loaded"] == []
        for alt, *size in seen["pictures"]:
            assert alt and min(size) > 50


def test_the_same_runs_make_the_same_page(commands, runs):
    """Printed, and nothing beside it."""
    flags = (f"--runs={runs}/digits-mle", "--out=-")
    ended = commands.called("report", *flags)
    assert commands.called("report", *flags) == ended
    assert ended.out.startswith("<!") and not any(commands.folder.iterdir())


def test_points_have_boundaries_and_other_data_a_chapter(commands, runs):
    flags = (f"--runs={runs}/moons-xvat,{runs}/digits-mle", "--out=r.html")
    commands.called("report", *flags)
    text = (commands.folder / "r.html").read_text()
    found = Reader(text)
    assert list(found.rows)[:2] == ["moons", "Results"]
    assert "digits" in found.rows
    assert any("draws the line" in alt for alt in found.pictures)
    anchors = re.findall(r' id="([^"]*)"', text)
    assert len(anchors) == len(set(anchors))
    assert {a[1:] for a in found.addresses if a[0] == "#"} <= set(anchors)


def test_what_is_foreign_or_damaged_is_named(commands, runs):
    folder = commands.folder
    (folder / "runs" / "<i>x & y").mkdir(parents=True)
    for name, file in (("a", "metrics.jsonl"), ("b", "settings.json")):
        run = shutil.copytree(runs / "digits-mle", folder / "runs" / name)
        (run / file).write_text("{]\n")
        (run / "results.json").unlink()
    shutil.copytree(runs / "digits-mle", folder / "runs" / "good")
    ended = commands.called("report", "--runs=runs/*")
    assert ended.out == "report.html: 1 run\n"
    lines = ended.err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("missing: runs/<i>x & y: not a run folder")
    assert lines[1].startswith("missing: runs/b: runs/b/settings.json is dam")
    assert lines[2].startswith("missing: runs/a: line 1 of runs/a/metrics.")
    text = (folder / "report.html").read_text()
    assert "Left out: runs/&lt;i&gt;x &amp; y: not a run" in text
    assert "i" not in Reader(text).tags
    shutil.rmtree(folder / "runs" / "good")
    line = commands.refused("report", "--runs=runs/*", "--out=no.html")
    assert line == "no run is left to report; see above."
    assert not (folder / "no.html").exists()


def test_runs_are_compared_on_the_same_images(commands, runs):
    """Of two copies one was, by its record, evaluated on others."""
    for name in "abc":
        shutil.copytree(runs / "digits-mle", commands.folder / name)
    file = commands.folder / "c" / "settings.json"
    record = json.loads(file.read_text())
    record["settings"]["validation"] = True
    file.write_text(json.dumps(record))
    commands.called("report", "--runs=a,b,c,a/../b")
    text = (commands.folder / "report.html").read_text()
    assert "2 runs of 1 method with 50 labels, evaluated on test im" in text
    assert "1 run of 1 method with 50 labels, evaluated on validation" in text
    assert text.count("Of MLE some runs have the same seeds") == 1


def test_data_that_are_gone_leave_the_records(commands, tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        f"{kind}_{part}": values
        for part, n in (("train", 40), ("test", 20))
        for kind, values in (
            ("x", rng.integers(0, 255, (n, 4, 4), np.uint8)),
            ("y", np.arange(n) % 2),
        )
    }
    np.savez(tmp_path / "mine.npz", **arrays)
    network = ("--network=mlp", "--hidden_sizes=4", "--batch_size=10")
    for seed in (1, 2):
        flags = ("--dataset=arrays", "--arrays_file=mine.npz", "--method=mle")
        more = (f"--seed={seed}", f"--log_dir=runs/{seed}", *network, *SHORT)
        commands.called("train", *flags, *more)
    (tmp_path / "mine.npz").rename(tmp_path / "moved.npz")
    ended = commands.called("report", "--runs=runs/*")
    [line] = ended.err.splitlines()
    assert "mine.npz cannot be read (No such file or directory): give" in line
    text = (tmp_path / "report.html").read_text()
    found = Reader(text)
    assert found.row("Results", "MLE")[0] == "2" and len(found.pictures) == 2
    assert found.row("Results", "MLE")[4] == "–"
    needing = ("Accuracy per class", "Confusion matrices", "Calibration")
    assert all(found.rows[section] == [] for section in needing)
    assert text.count("mine.npz cannot be read") == len(needing) + 1
    ended = commands.called(
        "report", "--runs=runs/*", "--arrays_file=moved.npz"
    )
    assert ended.err == ""
    found = Reader((tmp_path / "report.html").read_text())
    assert len(found.rows["Accuracy per class"]) == 1 + 2
    assert next(iter(found.rows)) == "arrays: moved.npz"
