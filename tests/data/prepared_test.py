import dataclasses

import numpy as np
import pytest

from xvat_tf.data import prepare
from xvat_tf.data.sources import load_source
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve


def _data(dataset, **given):
    return resolve({"dataset": dataset, **given}).data


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_digits_are_split_and_scaled(dtype):
    settings = _data("digits", pixel_range="unit")
    source, data = load_source(settings), prepare(settings, dtype)
    assert data.image_shape == (8, 8, 1)
    assert data.labeled_images.shape == (50, 8, 8, 1)
    assert data.unlabeled_images.shape == (1297, 8, 8, 1)
    assert data.test_images.shape == (500, 8, 8, 1)
    for images in (data.labeled_images, data.test_images):
        assert images.dtype == dtype
    place = data.split.labeled[7]
    assert data.labeled_labels[7] == source.train_labels[place]
    np.testing.assert_allclose(
        data.labeled_images[7], source.train_images[place] / 255, rtol=1e-6
    )
    np.testing.assert_array_equal(
        data.labeled_images[7], data.unlabeled_images[place]
    )


def test_validation_replaces_the_test_images():
    settings = _data("digits", validation=True)
    source, data = load_source(settings), prepare(settings)
    assert len(data.test_images) == 200
    assert len(data.unlabeled_images) == 1097
    np.testing.assert_array_equal(
        data.test_labels, source.train_labels[data.split.validation]
    )


def test_all_labels_share_the_memory_of_the_images():
    data = prepare(_data("digits", num_labeled_examples=0))
    assert data.labeled_images is data.unlabeled_images
    assert len(data.labeled_labels) == 1297


def test_plane_has_its_test_points_unlabeled():
    data = prepare(_data("moons"), "float64")
    assert data.image_shape == (100,)
    assert data.basis.shape == (2, 100)
    assert len(data.labeled_images) == 16
    np.testing.assert_array_equal(data.unlabeled_images[16:], data.test_images)


def test_vectors_are_not_augmented(tmp_path):
    path = tmp_path / "vectors.npz"
    x, y = np.eye(4), np.array([0, 1, 0, 1])
    np.savez(path, x_train=x, y_train=y, x_test=x, y_test=y)
    settings = _data("arrays", arrays_file=str(path))
    assert prepare(settings).image_shape == (4,)
    settings = dataclasses.replace(settings, aug_trans=True)
    with pytest.raises(UserError, match="need images"):
        prepare(settings)


@pytest.mark.parametrize("held_out, said", [(11, True), (1, False)])
def test_a_class_without_a_label_is_named(tmp_path, capsys, held_out, said):
    """All of its few labels may be held out."""
    images, labels = np.zeros((12, 3), "float32"), np.arange(12) % 2
    parts = {"x_train": images, "x_test": images}
    parts |= {"y_train": labels, "y_test": labels}
    np.savez(tmp_path / "few.npz", **parts)
    data = prepare(
        _data(
            "arrays",
            arrays_file=str(tmp_path / "few.npz"),
            validation=True,
            num_valid_examples=held_out,
        )
    )
    lines = capsys.readouterr().err.splitlines()
    missing = sorted({0, 1} - set(data.labeled_labels.tolist()))
    assert len(missing) == said
    begins = [
        line.startswith(f"note: no labeled image of {k}")
        for k, line in zip(missing, lines, strict=True)
    ]
    assert all(begins)
