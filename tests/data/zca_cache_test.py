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


def _cut(content):
    return content[: len(content) // 2]


def _flip_a_bit(content):
    changed = bytearray(content)
    changed[1000] ^= 1  # Among the 12x12 components.
    return bytes(changed)


@pytest.mark.parametrize("damage", [_cut, _flip_a_bit, lambda content: b""])
def test_damaged_file_is_replaced(images, fits, tmp_path, damage):
    cached_zca(images, "cifar10", tmp_path)
    (file,) = (tmp_path / "xvat_tf_cache").iterdir()
    good = file.read_bytes()
    file.write_bytes(damage(good))
    cached_zca(images, "cifar10", tmp_path)
    assert len(fits) == 2
    assert file.read_bytes() == good


def test_wrong_checksum_is_replaced(images, fits, tmp_path):
    cached_zca(images, "cifar10", tmp_path)
    (file,) = (tmp_path / "xvat_tf_cache").iterdir()
    arrays = dict(np.load(file))
    np.savez(file, **arrays | {"mean": arrays["mean"] + 1})
    cached_zca(images, "cifar10", tmp_path)
    assert len(fits) == 2


def test_other_size_is_replaced(images, fits, tmp_path):
    """A file whose checksum is right, of smaller images."""
    cached_zca(images, "cifar10", tmp_path)
    (file,) = (tmp_path / "xvat_tf_cache").iterdir()
    good = file.read_bytes()
    cached_zca(images[:, :1], "cifar10", tmp_path / "smaller")
    (smaller,) = (tmp_path / "smaller" / "xvat_tf_cache").iterdir()
    file.write_bytes(smaller.read_bytes())
    cached_zca(images, "cifar10", tmp_path)
    assert len(fits) == 3
    assert file.read_bytes() == good


def test_unwritable_folder_falls_back(images, fits, tmp_path, user_cache):
    blocked = tmp_path / "blocked"
    blocked.touch()
    for _ in range(2):
        cached_zca(images, "cifar10", blocked)
    assert len(fits) == 1
    assert len(os.listdir(user_cache)) == 1


def test_nowhere_to_write_keeps_nothing(images, fits, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    for _ in range(2):
        cached_zca(images, "cifar10", blocked)
    assert len(fits) == 2
