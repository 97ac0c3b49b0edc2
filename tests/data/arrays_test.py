"""Files of arrays: what is read, what is refused in one line; none runs."""

import io
import os
import pathlib
import re
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

_PIXELS = np.random.RandomState(0).randint(0, 256, (6, 4, 5), np.uint8)
_GOOD = {
    "x_train": _PIXELS,
    "y_train": np.array([0, 1, 2, 0, 1, 2]),
    "x_test": _PIXELS[::2],
    "y_test": np.array([2, 1, 0]),
}


def _load(path, channels="auto"):
    return load_arrays(
        DataSettings("arrays", arrays_file=str(path), channels=channels)
    )


def _npy(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _with_header(header):
    """An array file with any text for a header."""
    text = header.encode() + b"\n"
    magic = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little")
    return magic + text + bytes(200)


def _write(path, **changes):
    """Writes good arrays with changes: arrays, bytes of files, or None."""
    content = {k: v for k, v in (_GOOD | changes).items() if v is not None}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            data = data if isinstance(data, bytes) else _npy(data)
            archive.writestr(f"{name}.npy", data)
    return str(path)


def _refusal(path):
    with pytest.raises(UserError) as caught:
        _load(path)
    line = str(caught.value)
    assert line.startswith("--arrays_file=") and "\n" not in line
    return line


def test_grey_images_get_a_channel(tmp_path):
    source = _load(_write(tmp_path / "mine.npz", x_unlabeled=_PIXELS[:2]))
    np.testing.assert_array_equal(source.train_images[..., 0], _PIXELS)
    assert source.test_images.shape == (3, 4, 5, 1)
    assert source.extra_images.shape == (2, 4, 5, 1)
    assert source.train_labels.dtype == source.test_labels.dtype == np.int32
    assert source.num_classes == 3


def test_arrays_of_another_scale_are_named(tmp_path, capsys):
    images = _PIXELS.astype(np.float32)
    named = {"x_train": images / 255 - 0.5, "x_test": images[:3]}
    path = _write(tmp_path / "mine.npz", **named, x_unlabeled=images / 255)
    _load(path)
    said = f"note: --arrays_file={path}: x_test is on another scale than x_tr"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    "shape, dtype",
    [((7,), np.float16), ((4, 5, 3), np.float32), ((7,), np.float64)],
)
def test_floats_stay_as_they_are(tmp_path, shape, dtype):
    train, test = np.ones((6, *shape), dtype), np.zeros((3, *shape), dtype)
    source = _load(_write(tmp_path / "mine.npz", x_train=train, x_test=test))
    assert source.train_images.dtype == dtype
    assert source.train_images.shape == (6, *shape)
    assert source.extra_images is None


_NAN = np.array([[np.nan, 1.0]] * 3)
_CASES = [
    ({"y_test": None, "x_test": None}, "x_test, y_test is missing"),
    ({"y_train": np.array([0, "a", 2] * 2, object)}, "y_train holds Python"),
    ({"x_train": np.zeros(6)}, r"x_train has shape \(6,\)"),
    ({"x_train": np.zeros((6, 1, 1, 1, 1))}, "x_train has shape"),
    ({"x_train": np.zeros((0, 4, 5), np.uint8)}, "x_train is empty"),
    ({"x_train": np.zeros((6, 4, 5), int)}, "x_train has type int64"),
    ({"x_train": np.zeros((6, 4, 5), complex)}, "x_train has type complex"),
    ({"x_test": np.zeros((3, 4), np.uint8)}, "x_test has uint8 vectors"),
    ({"x_test": _NAN}, "x_test has values that are NaN"),
    ({"x_test": np.full((3, 4, 5), -np.inf)}, "x_test has values"),
    ({"x_unlabeled": np.full((3, 4, 5), np.inf)}, "x_unlabeled has values"),
    ({"y_test": np.zeros((3, 1), int)}, r"y_test has shape \(3, 1\)"),
    ({"y_test": np.zeros(3)}, "y_test has shape .* float64"),
    ({"y_test": np.zeros(0, int)}, "y_test is empty"),
    ({"y_test": np.array([0, -1, 1])}, "y_test has the label -1"),
    ({"y_test": np.zeros(2, int)}, "x_test has 3 images, y_test 2"),
    ({"x_test": np.zeros((3, 4, 6), np.uint8)}, r"x_test has images \(4, 6\)"),
    ({"x_test": np.zeros((3, 4, 5))}, "x_test has images .* float64"),
    ({"x_unlabeled": np.zeros((3, 5, 5), np.uint8)}, "x_unlabeled has images"),
    ({"y_train": np.zeros(6, int), "y_test": np.zeros(3, int)}, "one class"),
    ({"y_train": np.array([0, 2] * 3)}, "class 1 of 3 has no image"),
    ({"y_test": np.array([0, 3, 1])}, "class 3 of 4 has no image"),
    ({"y_test": np.array([0, 2**62, 1])}, "class 3 of 4611686018427387905"),
]


@pytest.mark.parametrize(("changes", "words"), _CASES)
def test_unusable_arrays_are_refused(tmp_path, changes, words):
    assert re.search(words, _refusal(_write(tmp_path / "mine.npz", **changes)))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_channels_first_is_refused_or_transposed(tmp_path, shape):
    images = np.arange(4 * np.prod(shape), dtype=np.uint8).reshape(4, *shape)
    labels = np.arange(4) % 2
    path = str(tmp_path / "first.npz")
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    with pytest.raises(UserError, match="x_train has .*--channels=first"):
        _load(path)
    source = _load(path, "first")
    turned = np.transpose(images, (0, 2, 3, 1))
    np.testing.assert_array_equal(source.train_images, turned)
    np.testing.assert_array_equal(source.test_images, turned)
    as_it_lies = _load(path, "last")
    np.testing.assert_array_equal(as_it_lies.train_images, images)


class _Trap:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self._path = path

    def __reduce__(self):
        return pathlib.Path.touch, (self._path,)


def test_objects_are_not_executed(tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.array([_Trap(sprung)], object)
    path = _write(tmp_path / "trap.npz", y_train=trap)
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
    assert "directory): give the path of a .npz" in _refusal("absent.npz")


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
