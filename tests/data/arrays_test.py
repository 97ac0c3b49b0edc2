"""Files of arrays: refused in one line where they are unusable."""

import numpy as np
import pytest

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


def _write(tmp_path, **changes):
    path = tmp_path / "images.npz"
    content = _GOOD | changes
    np.savez(path, **{k: v for k, v in content.items() if v is not None})
    return str(path)


def _load(path, channels="auto"):
    return load_arrays(
        DataSettings("arrays", arrays_file=path, channels=channels)
    )


def test_grey_images_get_a_channel(tmp_path):
    source = _load(_write(tmp_path, x_unlabeled=_PIXELS[:2]))
    np.testing.assert_array_equal(source.train_images[..., 0], _PIXELS)
    assert source.test_images.shape == (3, 4, 5, 1)
    assert source.extra_images.shape == (2, 4, 5, 1)
    assert source.train_labels.dtype == source.test_labels.dtype == np.int32
    assert source.num_classes == 3


def test_arrays_of_another_scale_are_named(tmp_path, capsys):
    images = _PIXELS.astype(np.float32)
    named = {"x_train": images / 255 - 0.5, "x_test": images[:3]}
    path = _write(tmp_path, **named, x_unlabeled=images / 255)
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
    source = _load(_write(tmp_path, x_train=train, x_test=test))
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
        _load(path)
    assert str(caught.value).startswith(f"--arrays_file={path}")


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
