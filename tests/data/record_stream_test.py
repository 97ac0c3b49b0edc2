"""Streams from shards: passes, restarts, values, damage."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings, strategies

from xvat_tf.data import write_shards
from xvat_tf.data.augmentation import augment
from xvat_tf.data.record_stream import record_batches
from xvat_tf.data.scaling import FloatScaler, RangeScaler, ZcaScaler
from xvat_tf.data.shard_damage import damage_named
from xvat_tf.data.unlabeled_shards import StreamedImages
from xvat_tf.data.zca import fit_zca, flatten
from xvat_tf.errors import UserError

_COUNT, _SIZE = 46, 4  # 11 batches a pass, two images left out.
_SEEDS = {"order_seed": (1, 1), "augmentation_seeds": [(1, 3)]}
_IMAGES = np.random.RandomState(0).randint(0, 256, (_COUNT, 5, 4, 2), np.uint8)


@pytest.fixture(scope="module")
def streamed(tmp_path_factory):
    """Makes streamed images; one folder for all that are alike."""
    base, written = tmp_path_factory.mktemp("shards"), {}

    def make(images=_IMAGES, num_shards=6, buffer=10, scaler=None):
        key = (images.tobytes(), images.shape, num_shards)
        if key not in written:
            folder = base / str(len(written))
            written[key] = write_shards(images, folder, num_shards)
        scaler = scaler or RangeScaler(-0.5)
        return StreamedImages(written[key], scaler, buffer)

    return make


def _batches(images, count, size=_SIZE, **options):
    stream = record_batches(images, size, **_SEEDS | options)
    return list(itertools.islice(stream.as_numpy_iterator(), count))


def _order(images, count, size=_SIZE, **options):
    batches = _batches(images, count, size, **options)
    return np.array([batch["unlabeled_indices"] for batch in batches])


@pytest.mark.parametrize(
    ("num_shards", "buffer"),
    [(1, 1), (1, 7), (6, 10_000), (64, 7)],
)
def test_every_image_once_a_pass_and_passes_differ(
    streamed, num_shards, buffer
):
    images = streamed(num_shards=num_shards, buffer=buffer)
    passes = _order(images, 40, size=23).reshape(20, _COUNT)
    for order in passes:
        assert sorted(order) == list(range(_COUNT))
    different = len({tuple(order) for order in passes})
    # One file and no shuffling is the one case without a choice.
    assert different == 1 if num_shards == buffer == 1 else different > 8


def test_remainder_is_another_one_each_pass(streamed):
    order = _order(streamed(), 11 * 40).reshape(40, 44)
    assert all(len(set(one)) == 44 for one in order)
    assert len(np.unique(order)) == _COUNT


def test_seeds_differ(streamed):
    one, two = (_order(streamed(), 5, order_seed=(k, 1)) for k in (1, 2))
    assert not np.array_equal(one, two)


def test_the_global_seed_changes_nothing(streamed):
    orders = []
    for seed in (1, 2):
        tf.random.set_seed(seed)
        orders.append(_order(streamed(), 15))
    np.testing.assert_array_equal(*orders)


@pytest.mark.parametrize(
    ("num_shards", "buffer", "size"), [(6, 10, 4), (9, 44, 46)]
)
def test_a_restart_gives_the_same_batches(streamed, num_shards, buffer, size):
    images = streamed(num_shards=num_shards, buffer=buffer)
    options = {"size": size, "shift": True, "flip": True}
    whole = _batches(images, 33, **options)

    @settings(max_examples=2)
    @given(start=strategies.integers(0, 30))
    def check(start):
        found = _batches(images, 3, start_step=start, **options)
        for one, other in zip(found, whole[start:], strict=False):
            for key in one:
                np.testing.assert_array_equal(one[key], other[key])

    check()


def test_a_far_start_is_as_quick_as_any(streamed):
    assert len(_batches(streamed(), 2, start_step=10**12)) == 2


def test_files_before_the_start_are_not_opened(streamed, tmp_path):
    """Eight files, four side by side: half of a pass is skipped unseen."""
    shards = write_shards(_IMAGES, tmp_path, 8)
    images = StreamedImages(shards, RangeScaler(-0.5), 1)
    seen = _order(images, 11)
    groups = (set(np.ravel(half) % 8) for half in (seen[:5], seen[7:]))
    before, after = groups
    for number in before - after:
        shards.file(number).unlink()
    np.testing.assert_array_equal(_order(images, 3, start_step=8), seen[8:])


@pytest.mark.parametrize("offset", [-0.5, 0.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pixel_ranges_equal_those_of_arrays(streamed, offset, dtype):
    scaler = RangeScaler(offset, dtype)
    for batch in _batches(streamed(scaler=scaler), 12):
        expected = scaler(_IMAGES[batch["unlabeled_indices"]])
        np.testing.assert_array_equal(batch["unlabeled_images"], expected)
        assert batch["unlabeled_images"].dtype == dtype


@pytest.mark.parametrize(
    "dtype, shape", [("float16", (5, 4, 2)), ("float32", (40,))]
)
def test_floats_equal_those_of_arrays(streamed, dtype, shape):
    values = (_IMAGES / 7).astype(dtype).reshape(_COUNT, *shape)
    images = streamed(values, scaler=FloatScaler(0, 40))
    for batch in _batches(images, 2):
        expected = values[batch["unlabeled_indices"]].astype(np.float32)
        np.testing.assert_array_equal(batch["unlabeled_images"], expected)


def test_whitened_images_equal_those_of_arrays(streamed):
    scaler = ZcaScaler(fit_zca(flatten(_IMAGES), 1e-2), "float64")
    (batch,) = _batches(streamed(scaler=scaler), 1)
    expected = scaler(_IMAGES[batch["unlabeled_indices"]])
    # Images fewer than pixels: some scales are 1e7, and so is the rounding.
    np.testing.assert_allclose(
        batch["unlabeled_images"], expected, rtol=0, atol=1e-6
    )


def test_augmentation_follows_seed_and_step(streamed):
    scaler = RangeScaler(-0.5)
    batches = _batches(streamed(), 3, shift=True, flip=True)
    for step, batch in enumerate(batches):
        plain = scaler(_IMAGES[batch["unlabeled_indices"]])
        seed = tf.random.fold_in((1, 3), np.int64(step))
        expected = augment(plain, seed, shift=True, flip=True)
        np.testing.assert_array_equal(batch["unlabeled_images"], expected)


def test_two_views_follow_two_seeds(streamed):
    options = {"shift": True, "flip": True}
    seeds = {"augmentation_seeds": [(1, 3), (1, 4)]}
    (batch,) = _batches(streamed(), 1, **options, **seeds)
    name = "unlabeled_images"
    for view, seed in ((name, (1, 3)), (f"second_{name}", (1, 4))):
        alone = {"augmentation_seeds": [seed]}
        (one,) = _batches(streamed(), 1, **options, **alone)
        np.testing.assert_array_equal(batch[view], one[name])


@pytest.mark.parametrize(
    ("size", "strata", "words"),
    [
        (4, 3, "--ul_batch_size=4 is not a multiple of the 3"),
        (8, 4, "num_shards=6 is not a multiple of the 4"),
        (_COUNT + 1, 1, "takes 47 images of 46"),
    ],
)
def test_numbers_that_do_not_divide(streamed, size, strata, words):
    with pytest.raises(UserError, match=words):
        _batches(streamed(), 1, size, strata=strata)


def test_it_stands_where_an_array_would(streamed):
    images = streamed()
    array = images.scaler(_IMAGES)
    assert len(images) == _COUNT and images.shape == array.shape
    np.testing.assert_array_equal(images[:7], array[:7])
    np.testing.assert_array_equal(images[np.array([9, 3])], array[[9, 3]])


def _flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[60] ^= 1
    path.write_bytes(content)


def _lose_a_record(path):
    """A cut between two records, which their checksums do not show."""
    content = path.read_bytes()
    path.write_bytes(content[: -(8 + 40 + 16)])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_flip_a_bit, "corrupted record"),
        (_lose_a_record, "bytes instead of"),
        (lambda path: path.write_bytes(path.read_bytes()[:-3]), "bytes inst"),
        (lambda path: path.unlink(), "No such file"),
    ],
)
def test_damage_while_reading_is_named(tmp_path, damage, words):
    shards = write_shards(_IMAGES, tmp_path, 6)
    images = StreamedImages(shards, RangeScaler(-0.5), 10)
    damage(shards.file(4))
    message = f"{shards.file(4)} is damaged .*{words}"
    with pytest.raises(UserError, match=message), damage_named(images):
        _batches(images, 40)


def test_other_errors_stay_what_they_are(streamed):
    for images in (_IMAGES, streamed()):
        with pytest.raises(tf.errors.DataLossError), damage_named(images):
            raise tf.errors.DataLossError(None, None, "of something else")
