"""Files that pretend to be .npz: refused in one line, nothing executed."""

import io
import os
import pathlib
import types
import zipfile

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xvat_tf.data.arrays import load_arrays
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings

_GOOD = {
    "x_train": np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5),
    "y_train": np.array([0, 1, 2, 0, 1, 2]),
    "x_test": np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5),
    "y_test": np.array([2, 1, 0]),
}


def _npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _with_header(header):
    """An array file with any text for a header."""
    text = header.encode() + b"\n"
    magic = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little")
    return magic + text + bytes(200)


def _write(path, **entries):
    """Writes good arrays, and `entries` as bytes in place of some."""
    content = {name: _npy(array) for name, array in _GOOD.items()} | entries
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(f"{name}.npy", data)
    return str(path)


def _load(path):
    return load_arrays(DataSettings("arrays", arrays_file=str(path)))


def _refusal(path):
    with pytest.raises(UserError) as caught:
        _load(path)
    line = str(caught.value)
    assert line.startswith("--arrays_file=") and "\n" not in line
    return line


class _Trap:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self._path,)


def test_objects_are_not_executed(tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.array([_Trap(sprung)], object)
    file = io.BytesIO()
    np.save(file, trap, allow_pickle=True)
    path = _write(tmp_path / "trap.npz", y_train=file.getvalue())
    assert "y_train holds Python objects" in _refusal(path)
    np.save(tmp_path / "bare.npz", trap, allow_pickle=True)
    assert "cannot be read" in _refusal(f"{tmp_path}/bare.npz.npy")
    assert not sprung.exists()


_HEADER = "{'descr': %s, 'fortran_order': False, 'shape': %s, }"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "{",  # NumPy's parser raises TokenError,
        _HEADER % ("'|u1'", "(2**3,)"),
        _HEADER % ("'|u1'", "(1180591620717411303424,)"),  # OverflowError,
        _HEADER % ("('<f4',)", "(6, 4, 5)"),  # IndexError,
        _HEADER % ("'|u1'", "(1.5,)"),  # TypeError.
        _HEADER % ("'|u1'", "(-1, 4, 5)"),
        _HEADER % ("'|u1'", "(99999999999, 4, 5)"),
        _HEADER % ("'<M8[s]'", "(3, 2, 2)"),
        _HEADER % ("[('a', '<f4')]", "(3, 2, 2)"),
        _HEADER % ("'|u1'", "(" * 3000),
        _HEADER % ("'|u1'", "(6, 4, 5)") + " " * 20000,
        "__import__('os').mkdir('sprung')",
    ],
)
def test_headers_that_are_none(tmp_path, monkeypatch, header):
    monkeypatch.chdir(tmp_path)
    _refusal(_write("mine.npz", x_train=_with_header(header)))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.npz"]


@given(st.data())
def test_changed_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    if data.draw(st.booleans(), "in an array file, with the right checksum"):
        changed = _change(data, _npy(_GOOD["x_train"])[:128])
        rest = _npy(_GOOD["x_train"])[128:]
        _write(path, x_train=changed + rest)
    else:
        path.write_bytes(_change(data, _bytes_of_good(path)))
    try:
        _load(path)
    except UserError as error:
        assert "\n" not in str(error)


def _bytes_of_good(path):
    _write(path)
    return path.read_bytes()


def _change(data, content):
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        changed[place] = data.draw(st.integers(0, 255))
    return bytes(changed)


@pytest.mark.parametrize(
    "promised, entries, usable",
    [(2**32 - 2, 3, True), (200, 1, False)],
)
def test_what_the_directory_promises_is_not_believed(
    tmp_path, promised, entries, usable
):
    """The heads say how much is read, and no more than the directory says."""
    given = {} if usable else {"y_test": bytes(2**20)}
    path = tmp_path / "bomb.npz"
    _write(path, **given)
    content = bytearray(path.read_bytes())
    start = len(content)
    for _ in range(entries):
        start = content.rindex(b"PK\x01\x02", 0, start)
        content[start + 24 : start + 28] = promised.to_bytes(4, "little")
    path.write_bytes(content)
    if usable:
        assert _load(path).num_classes == 3
    else:
        _refusal(path)


@pytest.mark.parametrize(
    "name", ["a b.npz", "größe ☃.npz", "new\nline.npz", "-rf", "$(x).npz"]
)
def test_odd_names_are_read(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert _load(_write(name)).num_classes == 3
    os.truncate(name, 100)
    assert "cannot be read" in _refusal(name)


def test_odd_places_are_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero", tmp_path):
        assert "cannot be read" in _refusal(path)
    assert "null byte" in _refusal("nul\0byte.npz")
    assert "(No such file or directory): give the" in _refusal("absent.npz")


def _promise(path, name, *shape, dtype="|u1"):
    """Adds an array of which there is the head alone."""
    head, file = {"descr": dtype, "fortran_order": False}, io.BytesIO()
    np.lib.format.write_array_header_1_0(file, head | {"shape": shape})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{name}.npy", file.getvalue())


def test_arrays_beyond_the_memory_are_refused_packed(tmp_path):
    """By their heads: a file of a few kilobytes may unpack to anything."""
    path = _write(tmp_path / "bomb.npz")
    _promise(path, "x_unlabeled", 2**40, 4, 5)
    # 2**40 images of 20 bytes, and of 20 float32 values: 20 * 5 * 2**10 GiB.
    assert "its arrays need 102400.0 GiB of memory" in _refusal(path)


def test_free_memory_is_the_bound(tmp_path, monkeypatch):
    """Sizes add up; one below 0 of an unused array would hide another."""
    path = _write(tmp_path / "small.npz")
    _promise(path, "unused", -(10**9), dtype="<f4")
    _load(path)
    free = types.SimpleNamespace(available=500)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert "0.0 are free: leave images out" in _refusal(path)
    _promise(path, "x_unlabeled", -(10**9), dtype="<f4")
    assert "x_unlabeled.npy has the shape" in _refusal(path)


def test_cut_and_changed_files_are_refused(tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, **_GOOD)
    content, pixels = path.read_bytes(), _GOOD["x_train"].tobytes()
    for kept in (0, 10, 300, -60):
        path.write_bytes(content[:kept])
        assert "cannot be read" in _refusal(path)
    path.write_bytes(content.replace(pixels, pixels[::-1]))
    assert "Bad CRC-32" in _refusal(path)
