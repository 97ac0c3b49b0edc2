import itertools
import types

import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.data.streams import training_order, training_stream
from xvat_tf.errors import UserError


def _data(labeled=7, unlabeled=11, shape=(3, 3, 1)):
    """Image i of either list has the value i + 1 in every pixel."""

    def images(count):
        values = np.arange(1, count + 1, dtype=np.float32)
        return values.reshape(-1, *[1] * len(shape)) * np.ones(shape, "float32")

    return types.SimpleNamespace(
        labeled_images=images(labeled),
        labeled_labels=np.arange(labeled, dtype=np.int32) % 3,
        unlabeled_images=images(unlabeled),
    )


def _batches(count, data=None, **options):
    options = {"batch_size": 2, "ul_batch_size": 4, "seed": 1} | options
    stream = training_stream(data or _data(), **options)
    return list(itertools.islice(stream.as_numpy_iterator(), count))


def _assert_same(batches, others):
    for batch, other in zip(batches, others, strict=True):
        assert batch.keys() == other.keys()
        for key in batch:
            np.testing.assert_array_equal(batch[key], other[key])


def test_images_labels_and_positions_belong_together():
    for batch in _batches(20):
        np.testing.assert_array_equal(
            batch["images"][:, 0, 0, 0], batch["indices"] + 1
        )
        np.testing.assert_array_equal(batch["labels"], batch["indices"] % 3)
        np.testing.assert_array_equal(
            batch["unlabeled_images"][:, 0, 0, 0],
            batch["unlabeled_indices"] + 1,
        )


@pytest.mark.parametrize("ul_batch_size", [None, 4])
def test_batches_gathered_from_positions_are_the_same(
    ul_batch_size, leave_to_full
):
    leave_to_full(ul_batch_size is None)
    options = {
        "batch_size": 2,
        "ul_batch_size": ul_batch_size,
        "seed": 1,
        "start_step": 3,
        "aug_trans": True,
        "aug_flip": True,
        "views": 2,
        "strata": 1,
        "part": (0, 1),
    }
    order, read = training_order(_data(), **options)
    gather = tf.function(read)
    found = [gather(element) for element in order.take(5)]
    _assert_same(_batches(5, **options), found)


@pytest.mark.parametrize(
    "shape, dtype", [((3, 3, 1), "float32"), ((5,), "float64")]
)
def test_shapes_and_types_are_static(shape, dtype):
    data = _data(shape=shape)
    data.labeled_images = data.labeled_images.astype(dtype)
    spec = training_stream(
        data, batch_size=2, ul_batch_size=4, seed=1
    ).element_spec
    assert spec["images"].shape == (2, *shape)
    assert spec["images"].dtype == dtype
    assert spec["unlabeled_images"].shape == (4, *shape)
    for key in ("labels", "indices", "unlabeled_indices"):
        assert spec[key].dtype == "int32"
        assert spec[key].shape.is_fully_defined()
    (batch,) = _batches(1, data, ul_batch_size=None)
    assert batch.keys() == {"images", "labels", "indices"}


def test_a_pass_repeats_nothing_and_passes_differ():
    # 7 images in batches of 2: 3 batches a pass, one image left out.
    batches = _batches(300)
    seen = np.array([batch["indices"] for batch in batches])
    passes = seen.reshape(100, 6)
    assert all(len(set(order)) == 6 for order in passes)
    assert len({tuple(order) for order in passes}) > 90
    # Each is left out of about 100 / 7 passes.
    counts = np.bincount(passes.ravel())
    assert len(counts) == 7 and counts.min() > 70


# A pass over the labeled has 3 batches, over the unlabeled 2.
@pytest.mark.parametrize(
    "start, seed, augmented",
    [(0, 0, False), (3, 1, False), (17, 2**32 - 1, True)],
)
def test_starting_late_equals_skipping(start, seed, augmented):
    options = {"seed": seed, "aug_trans": augmented, "aug_flip": augmented}
    skipped = _batches(start + 4, **options)[start:]
    _assert_same(_batches(4, start_step=start, **options), skipped)


def test_a_far_start_is_as_quick_as_any():
    assert len(_batches(2, start_step=10**12)) == 2


def test_seeds_and_lists_have_orders_of_their_own():
    data = _data(11, 11)
    options = {"batch_size": 11, "ul_batch_size": 11}
    (one,) = _batches(1, data, **options)
    (two,) = _batches(1, data, seed=2, **options)
    assert list(one["indices"]) != list(two["indices"])
    assert list(one["indices"]) != list(one["unlabeled_indices"])


def test_augmentation_changes_with_step_and_list():
    data = _data(64, 64, (5, 5, 1))
    options = {"batch_size": 64, "ul_batch_size": 64, "aug_trans": True}
    patterns = []
    for batch in _batches(2, data, **options):
        for key in ("images", "unlabeled_images"):
            patterns.append((batch[key] > 0).tobytes())
    assert len(set(patterns)) == 4
    plain = _batches(2, data, **options | {"aug_trans": False})
    _assert_same(
        [{"indices": b["indices"]} for b in plain],
        [{"indices": b["indices"]} for b in _batches(2, data, **options)],
    )


@pytest.mark.parametrize("ul_size, prefix", [(64, "unlabeled_"), (None, "")])
def test_two_views_are_two_augmentations(ul_size, prefix):
    data = _data(64, 64, (5, 5, 1))
    options = {"batch_size": 64, "ul_batch_size": ul_size, "aug_trans": True}
    (one,) = _batches(1, data, **options)
    (two,) = _batches(1, data, views=2, **options)
    second = two.pop(f"second_{prefix}images")
    _assert_same([two], [one])
    changed = (second != one[f"{prefix}images"]).any(axis=(1, 2, 3))
    assert changed.mean() > 0.9
    plain = _batches(1, data, views=2, **options | {"aug_trans": False})
    assert set(plain[0]) == set(two)


@pytest.mark.parametrize("flag", ["batch_size", "ul_batch_size"])
def test_batch_larger_than_its_list_is_refused(flag):
    with pytest.raises(UserError, match=f"--{flag}=12 is larger than"):
        _batches(1, **{flag: 12})


@pytest.mark.parametrize("shards", [1, 2])
def test_slices_make_up_the_global_batch(shards, leave_to_full):
    leave_to_full(shards == 1)
    data = _data(labeled=13, unlabeled=17)
    options = {
        "batch_size": 4,
        "ul_batch_size": 8,
        "strata": shards,
        "aug_trans": True,
        "aug_flip": True,
        "views": 2,
        "start_step": 3,
    }
    whole = _batches(5, data, **options)
    for part in (0, 3):
        slices = _batches(5, data, part=(part, 4), **options)
        cut = [
            {key: np.split(value, 4)[part] for key, value in batch.items()}
            for batch in whole
        ]
        _assert_same(slices, cut)


def test_every_class_has_passes_of_its_own():
    # 11 images: classes of 4, 4 and 3, one of each in a batch.
    batches = _batches(24, batch_size=3, ul_batch_size=3, strata=3)
    seen = np.array([batch["unlabeled_indices"] for batch in batches])
    assert (seen % 3 == [0, 1, 2]).all()
    for k, members in enumerate((4, 4, 3)):
        passes = seen[:, k].reshape(-1, members)
        assert all(len(set(order)) == members for order in passes)
        assert len({tuple(order) for order in passes}) > 1


def test_a_class_smaller_than_its_share_is_refused():
    with pytest.raises(UserError, match="--batch_size=7 .* at most 6"):
        _batches(1, batch_size=7, strata=2)
