import os

import numpy as np
import pytest

from xvat_tf.data import zca
from xvat_tf.data.zca import cached_zca


@pytest.fixture
def images():
    return np.random.RandomState(0).randint(0, 256, (40, 2, 2, 3), np.uint8)


@pytest.fixture
def fits(monkeypatch):
    """Counts the fits."""
    calls, fit = [], zca.fit_zca

    def count(flat):
        calls.append(flat)
        return fit(flat)

    monkeypatch.setattr(zca, "fit_zca", count)
    return calls


@pytest.fixture(autouse=True)
def user_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return tmp_path / "user" / "xvat_tf"


def test_second_call_reads_the_same(images, fits, tmp_path, user_cache):
    first = cached_zca(images, "cifar10", tmp_path)
    again = cached_zca(images, "cifar10", tmp_path)
    assert len(fits) == 1
    assert not user_cache.exists()
    for name in ("components", "mean", "inverse_components"):
        np.testing.assert_array_equal(
            getattr(first, name), getattr(again, name)
        )
    (file,) = (tmp_path / "xvat_tf_cache").iterdir()
    assert file.name.startswith("zca_cifar10_")


def test_other_images_are_fitted_anew(images, fits, tmp_path):
    cached_zca(images, "cifar10", tmp_path)
    cached_zca(images[::-1], "cifar10", tmp_path)
    assert len(fits) == 2


def _flip_a_bit(path):
    changed = bytearray(path.read_bytes())
    changed[1000] ^= 1  # Among the 12x12 components.
    path.write_bytes(changed)


def _change_a_value(path):
    arrays = dict(np.load(path))
    np.savez(path, **arrays | {"mean": arrays["mean"] + 1})


def _take_of_smaller_images(path):
    """Its checksum is right."""
    images = np.random.RandomState(1).randint(0, 256, (40, 1, 2, 3), np.uint8)
    cached_zca(images, "cifar10", path.parent)
    (smaller,) = (path.parent / "xvat_tf_cache").iterdir()
    smaller.rename(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: os.truncate(path, path.stat().st_size // 2),
        lambda path: os.truncate(path, 0),
        _flip_a_bit,
        _change_a_value,
        _take_of_smaller_images,
    ],
)
def test_damaged_file_is_replaced(images, fits, tmp_path, damage):
    cached_zca(images, "cifar10", tmp_path)
    (file,) = (tmp_path / "xvat_tf_cache").iterdir()
    good = file.read_bytes()
    damage(file)
    fits.clear()
    cached_zca(images, "cifar10", tmp_path)
    assert len(fits) == 1 and file.read_bytes() == good


def test_where_nothing_can_be_written_another_place_is_or_none(
    images, fits, tmp_path, user_cache, monkeypatch
):
    blocked = tmp_path / "blocked"
    blocked.touch()
    for _ in range(2):
        cached_zca(images, "cifar10", blocked)
    assert len(fits) == len(os.listdir(user_cache)) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    for _ in range(2):
        cached_zca(images, "cifar10", blocked)
    assert len(fits) == 3
