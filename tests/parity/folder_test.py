"""`check_folder`: what it reads, and one line for each thing wrong."""

import pathlib
import shutil

import numpy as np
import pytest

from xvat_tf.errors import UserError
from xvat_tf.parity.folder import check_folder

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"


@pytest.fixture
def folder(tmp_path):
    shutil.copy(GOLDEN / "zca.npz", tmp_path)
    return tmp_path


def _rewrite(folder, **changes):
    """Replaces arrays of the file; None removes one."""
    path = folder / "zca.npz"
    with np.load(path) as file:
        arrays = dict(file) | changes
    kept = {key: value for key, value in arrays.items() if value is not None}
    np.savez(path, **kept)


def test_files_present_are_checked(folder):
    ((file, quantities),) = check_folder(folder)
    assert file == folder / "zca.npz"
    assert len(quantities) == 8
    assert all(q.inside for q in quantities)


def test_sizes_are_read_from_the_file(folder):
    with np.load(folder / "zca.npz") as file:
        arrays = dict(file)
    rows = [key for key in arrays if key.startswith(("white", "big_white"))]
    rows.append("big_reg_white_f64")
    # Another number of rows: their mean is another, their shapes fit.
    cut = {key: arrays[key][:150] for key in [*rows, "x", "x_big"]}
    _rewrite(folder, **cut)
    ((_, quantities),) = check_folder(folder)
    assert not all(q.inside for q in quantities)


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match="nowhere is no folder"):
        list(check_folder(tmp_path / "nowhere"))


def test_no_known_file(tmp_path):
    (tmp_path / "other.npz").touch()
    with pytest.raises(UserError, match=r"no recorded file: .* zca\.npz"):
        list(check_folder(tmp_path))


@pytest.mark.parametrize("size", [0, 100, 60_000])
def test_truncated_archive(folder, size):
    path = folder / "zca.npz"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match=r"zca\.npz cannot be read") as caught:
        list(check_folder(folder))
    assert "\n" not in str(caught.value)


def test_altered_bytes_name_the_key(folder):
    path = folder / "zca.npz"
    data = bytearray(path.read_bytes())
    data[5000:5100] = bytes(100)
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"zca\.npz: key \w+ cannot be read"):
        list(check_folder(folder))


def test_pickled_key(folder):
    _rewrite(folder, reg=np.array([None]))
    with pytest.raises(UserError, match=r"zca\.npz: key reg cannot be read"):
        list(check_folder(folder))


def test_missing_key(folder):
    _rewrite(folder, mean_f64=None)
    with pytest.raises(UserError, match=r"zca\.npz: key mean_f64 is missing"):
        list(check_folder(folder))


def test_unknown_key(folder):
    _rewrite(folder, surplus=np.zeros(1))
    with pytest.raises(UserError, match=r"zca\.npz: key surplus is unknown"):
        list(check_folder(folder))


@pytest.mark.parametrize("shape", [(), (47,), (48, 1)])
def test_wrong_shape(folder, shape):
    _rewrite(folder, mean_f64=np.zeros(shape))
    with pytest.raises(UserError, match=r"key mean_f64 has shape \("):
        list(check_folder(folder))


def test_text_for_numbers(folder):
    _rewrite(folder, reg=np.array("1e-6"))
    with pytest.raises(UserError, match="key reg has type <U4: give numbers"):
        list(check_folder(folder))


def test_impossible_value(folder):
    _rewrite(folder, x=np.full((200, 48), np.nan, np.float32))
    with pytest.raises(UserError, match=r"zca\.npz: key reg .* cannot be used"):
        list(check_folder(folder))
