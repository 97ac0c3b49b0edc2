import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.data.augmentation import augment, crop


def _images(count=6, side=5, channels=2):
    shape = (count, side, side, channels)
    return np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize("row", range(5))
@pytest.mark.parametrize("column", range(5))
@pytest.mark.parametrize("mirrored", [False, True])
def test_crop_is_pad_slice_mirror(row, column, mirrored):
    images = _images(2)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    expected = padded[1:, row : row + 5, column : column + 5]
    offsets = tf.constant([[2, 2], [row, column]])
    result = crop(images, offsets, tf.constant([False, mirrored])).numpy()
    np.testing.assert_array_equal(result[0], images[0])
    np.testing.assert_array_equal(
        result[1:], expected[:, :, ::-1] if mirrored else expected
    )


def test_offsets_and_mirrors_are_uniform():
    images = np.zeros((5000, 5, 5, 1), np.float32)
    images[:, 2, 1] = 1
    moved = augment(images, (1, 2), shift=True, flip=False).numpy()[..., 0]
    # A shift to the right by 2 or left by 1 keeps the pixel inside.
    counts = moved.sum(axis=0)
    assert counts[:, :4].min() > 140 and counts[:, :4].max() < 260
    assert counts[:, 4].max() == 0
    flipped = augment(images, (1, 2), shift=False, flip=True).numpy()[..., 0]
    assert set(map(tuple, np.argwhere(flipped.sum(axis=0)))) == {(2, 1), (2, 3)}
    assert 2300 < flipped[:, 2, 3].sum() < 2700


def test_flip_alone_keeps_all_pixels():
    images = _images()
    result = augment(images, (3, 4), shift=False, flip=True).numpy()
    for image, changed in zip(images, result, strict=True):
        assert np.array_equal(changed, image) or np.array_equal(
            changed, image[:, ::-1]
        )


def test_nothing_asked_changes_nothing():
    images = _images()
    result = augment(images, (3, 4), shift=False, flip=False)
    np.testing.assert_array_equal(result, images)


def test_seed_decides_eagerly_and_in_a_graph():
    images = _images(50)
    compiled = tf.function(lambda x, s: augment(x, s, shift=True, flip=True))
    first = augment(images, (3, 4), shift=True, flip=True).numpy()
    again = compiled(images, tf.constant([3, 4])).numpy()
    other = compiled(images, tf.constant([3, 5])).numpy()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
