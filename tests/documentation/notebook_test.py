"""The notebook in examples/ runs from an empty folder, and looks right."""

import pytest

from tests.source_tree import ROOT

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

_FILE = ROOT / "examples" / "quickstart.ipynb"
# What it trains for its report, and what is enough to see that page.
_LESS = {
    '("mle", "vat", "xvat")': '("mle", "xvat")',
    '"--num_epochs=5"': '"--num_epochs=2", "--num_iter_per_epoch=5"',
}


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(_FILE, as_version=4)


def _code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_is_kept_without_outputs(notebook):
    """They would differ from machine to machine; this test makes them."""
    nbformat.validate(notebook)
    for cell in _code(notebook):
        assert not cell.outputs and cell.execution_count is None


def test_it_runs_and_shows_what_it_says(notebook, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    # A command that ran in this process has set it.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    for whole, less in _LESS.items():
        (cell,) = [c for c in _code(notebook) if whole in c.source]
        cell.source = cell.source.replace(whole, less)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources=resources
    ).execute()
    outputs = [cell.outputs for cell in _code(notebook)]
    start, data, model, masks, runs, page = outputs
    assert not start
    for shown in (data, masks):
        assert ["image/png" in one.data for one in shown] == [True]
    accuracy = float(_text(model).split()[-1])
    assert 0.6 < accuracy < 1  # Chance is 0.1.
    said = _text(runs)
    assert said.count("test accuracy, final") == 2
    assert all(f"\n{name} on digits" in f"\n{said}" for name in ("mle", "xvat"))
    assert _text(page[:1]) == "report.html: 2 runs\n"
    assert page[1].data["text/html"].startswith("<div><iframe srcdoc=")
    assert (tmp_path / "report.html").stat().st_size > 100_000


def _text(outputs):
    """What was printed: nothing on stderr, nothing that steers a terminal."""
    assert {one.name for one in outputs} == {"stdout"}
    text = "".join(one.text for one in outputs)
    assert not set(text) & set("\r\b\x1b")
    return text
