"""Places of recorded numbers and of prepared data sets."""

import pathlib

import pytest

_ROOT = pathlib.Path(__file__).parents[2]
_PREPARED = _ROOT.parent / "shared" / "tensorflow_datasets"


@pytest.fixture
def prepared_sets(tmp_path, monkeypatch):
    """A data_dir of our own that links to prepared data sets."""
    if not _PREPARED.is_dir():
        pytest.skip(f"no prepared data sets in {_PREPARED}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "prepared"
    folder.mkdir()
    for dataset in _PREPARED.iterdir():
        if dataset.is_dir() and dataset.name != "xvat_tf_cache":
            (folder / dataset.name).symlink_to(dataset)
    return folder
