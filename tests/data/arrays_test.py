import io
import types
import zipfile

import numpy as np
import psutil
import pytest

from xvat_tf.data.arrays import load_arrays
from xvat_tf.data.sources import load_source
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings


def _good():
    generator = np.random.RandomState(0)
    return {
        "x_train": generator.randint(0, 256, (6, 4, 5), np.uint8),
        "y_train": np.array([0, 1, 2, 0, 1, 2]),
        "x_test": generator.randint(0, 256, (3, 4, 5), np.uint8),
        "y_test": np.array([2, 1, 0]),
    }


def _write(tmp_path, **changes):
    path = tmp_path / "images.npz"
    content = _good() | changes
    np.savez(path, **{k: v for k, v in content.items() if v is not None})
    return str(path)


def test_grey_images_get_a_channel(tmp_path):
    content = _good()
    path = _write(tmp_path, x_unlabeled=content["x_train"][:2])
    source = load_source(DataSettings(dataset="arrays", arrays_file=path))
    np.testing.assert_array_equal(
        source.train_images[..., 0], content["x_train"]
    )
    assert source.test_images.shape == (3, 4, 5, 1)
    assert source.extra_images.shape == (2, 4, 5, 1)
    assert source.train_labels.dtype == source.test_labels.dtype == np.int32
    assert source.num_classes == 3


def test_arrays_of_another_scale_are_named(tmp_path, capsys):
    images = _good()["x_train"].astype(np.float32)
    named = {"x_train": images / 255 - 0.5, "x_test": images[:3]}
    path = _write(tmp_path, **named, x_unlabeled=images / 255)
    load_arrays(path)
    said = f"note: --arrays_file={path}: x_test is on another scale than x_tr"
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize("shape", [(7,), (4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_stay_as_they_are(tmp_path, shape, dtype):
    train, test = np.ones((6, *shape), dtype), np.zeros((3, *shape), dtype)
    source = load_arrays(_write(tmp_path, x_train=train, x_test=test))
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
    path = _write(tmp_path, **changes)
    with pytest.raises(UserError, match=words) as caught:
        load_arrays(path)
    assert str(caught.value).startswith(f"--arrays_file={path}")


def test_absent_file_is_named(tmp_path):
    with pytest.raises(UserError, match="absent.npz does not exist"):
        load_arrays(str(tmp_path / "absent.npz"))


@pytest.mark.parametrize("kept", [0, 10, 300, -60])
def test_cut_file_is_refused(tmp_path, kept):
    path = tmp_path / "images.npz"
    _write(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match="cannot be read"):
        load_arrays(str(path))


def test_changed_bytes_are_noticed(tmp_path):
    path = tmp_path / "images.npz"
    _write(tmp_path)
    content = path.read_bytes()
    pixels = _good()["x_train"].tobytes()
    path.write_bytes(content.replace(pixels, pixels[::-1]))
    with pytest.raises(UserError, match="cannot be read .*CRC"):
        load_arrays(str(path))


def test_arrays_beyond_the_memory_are_refused_packed(tmp_path):
    """By their heads: a file of a few kilobytes may unpack to anything."""
    path = tmp_path / "bomb.npz"
    zeros = np.broadcast_to(np.uint8(0), (2, 4, 5))
    np.savez_compressed(
        path, x_train=zeros, y_train=[0, 1], x_test=zeros, y_test=[0, 1]
    )
    header = io.BytesIO()
    promise = {"descr": "|u1", "fortran_order": False, "shape": (2**40, 4, 5)}
    np.lib.format.write_array_header_1_0(header, promise)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_unlabeled.npy", header.getvalue())
    # 2**40 images of 20 bytes, and of 20 float32 values: 20 * 5 * 2**10 GiB.
    with pytest.raises(UserError, match=r"need 102400\.0 GiB of memory"):
        load_arrays(str(path))


def test_free_memory_is_the_bound(tmp_path, monkeypatch):
    path = _write(tmp_path)
    load_arrays(path)
    memory = types.SimpleNamespace(available=500)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with pytest.raises(UserError, match=r"0\.0 are free: leave images out"):
        load_arrays(path)


def test_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="it is not a file"):
        load_arrays(str(tmp_path))


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_channels_first_is_refused_or_transposed(tmp_path, shape):
    images = np.arange(4 * np.prod(shape), dtype=np.uint8).reshape(4, *shape)
    labels = np.arange(4) % 2
    path = str(tmp_path / "first.npz")
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    with pytest.raises(UserError, match="x_train has .*--channels=first"):
        load_arrays(path)
    source = load_arrays(path, "first")
    turned = np.transpose(images, (0, 2, 3, 1))
    np.testing.assert_array_equal(source.train_images, turned)
    np.testing.assert_array_equal(source.test_images, turned)
    as_it_lies = load_arrays(path, "last")
    np.testing.assert_array_equal(as_it_lies.train_images, images)
