"""Slices of a global batch whose unlabeled images come from shards."""

import itertools
import types

import numpy as np
import pytest

from xvat_tf.data import write_shards
from xvat_tf.data.scaling import RangeScaler
from xvat_tf.data.streams import training_stream
from xvat_tf.data.unlabeled_shards import StreamedImages

_IMAGES = np.random.RandomState(0).randint(0, 256, (46, 5, 4, 2), np.uint8)
_STEPS = 8


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """What a stream reads of prepared data; 4 divides the 8 files."""
    folder = tmp_path_factory.mktemp("slices") / "shards"
    labeled = _IMAGES[:12].astype("float32")
    return types.SimpleNamespace(
        labeled_images=labeled,
        labeled_labels=np.arange(12, dtype=np.int32) % 3,
        unlabeled_images=StreamedImages(
            write_shards(_IMAGES, folder, 8), RangeScaler(-0.5), 10
        ),
    )


def batches(data, shards, part, **options):
    stream = training_stream(
        data,
        batch_size=4,
        ul_batch_size=8,
        seed=1,
        strata=shards,
        part=part,
        **options,
    )
    return list(itertools.islice(stream.as_numpy_iterator(), _STEPS))


def test_slices_join_to_the_batch_of_one(data):
    """Also where a slice is less than a class and the whole batch is cut."""
    whole = batches(data, 2, (0, 1))
    slices = [batches(data, 2, (r, 4)) for r in range(4)]
    for step, batch in enumerate(whole):
        for name, expected in batch.items():
            joined = np.concatenate([s[step][name] for s in slices])
            np.testing.assert_array_equal(joined, expected, err_msg=name)


def test_a_part_reads_rows_of_its_own_strata_only(data):
    for r in range(2):
        for batch in batches(data, 4, (r, 2)):
            strata = batch["unlabeled_indices"] % 4
            assert set(strata.tolist()) == {2 * r, 2 * r + 1}


def test_a_restart_continues_a_slice(data):
    late = batches(data, 2, (1, 2), start_step=3)
    np.testing.assert_equal(late[:-3], batches(data, 2, (1, 2))[3:])
