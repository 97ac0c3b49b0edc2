"""Network, batches and steps of data of a user, worked out by hand."""

import pytest

from xvat_tf.settings import resolve
from xvat_tf.settings.own_defaults import Extent, describe, own_defaults

_FOLDER = {"dataset": "folder", "images_dir": "d"}


def _chosen(shape, labeled, unlabeled=0, **given):
    extent = Extent(shape, labeled, unlabeled)
    chosen = own_defaults(_FOLDER | given, extent)
    return resolve(chosen | _FOLDER | given), chosen, extent


@pytest.mark.parametrize(
    "shape, labeled, unlabeled, network, batches, steps",
    [
        # 20 passes are 50 steps: the fewest are taken.
        ((8, 8, 1), 80, 0, "mlp", (32, 80), 1_000),
        ((40,), 20, 0, "mlp", (20, 20), 1_000),
        # 20 * 12,800 / 128.
        ((12, 20, 3), 3_200, 9_600, "cnn", (32, 128), 2_000),
        ((32, 32, 3), 50_000, 0, "cnn", (32, 128), 1_500),
        ((8, 8, 1), 50_000, 0, "mlp", (32, 128), 3_000),
        ((64, 64, 3), 50_000, 0, "cnn", (32, 128), 500),
        ((96, 96, 3), 50_000, 0, "cnn", (16, 64), 500),
        ((224, 224, 3), 50_000, 0, "cnn", (8, 32), 500),
    ],
)
def test_they_follow_from_size_and_number(
    shape, labeled, unlabeled, network, batches, steps
):
    settings, *_ = _chosen(shape, labeled, unlabeled)
    train = settings.train
    assert settings.network.network == network
    assert (train.batch_size, train.ul_batch_size) == batches
    assert train.num_steps == steps
    assert train.epoch_decay_start == train.num_epochs * 2 // 3


@pytest.mark.parametrize(
    "given, batches",
    [
        ({"num_labeled_examples": 10}, (10, 100)),
        ({"num_unlabeled_examples": 30}, (32, 30)),
        ({"validation": True, "num_valid_examples": 80}, (20, 20)),
        ({"batch_size": 5}, (5, 100)),
        ({"shards": 8}, (32, 96)),
    ],
)
def test_no_batch_is_larger_than_its_list(given, batches):
    train = _chosen((8, 8, 1), 100, **given)[0].train
    assert (train.batch_size, train.ul_batch_size) == batches


@pytest.mark.parametrize(
    "streamed, given, size, steps",
    [
        (20, {}, 20, 1_000),
        (12_800, {}, 128, 2_000),  # 20 * 12,800 / 128.
        (0, {}, 100, 1_000),  # The file is not written yet.
        # It holds the 100 that have a label here, 80 of them for training.
        (100, {"validation": True, "num_valid_examples": 20}, 80, 1_000),
        (101, {"validation": True, "num_valid_examples": 20}, 101, 1_000),
    ],
)
def test_a_batch_is_no_larger_than_a_file_of_others(
    streamed, given, size, steps
):
    given = _FOLDER | {"streaming": True, "stream_dir": "s"} | given
    chosen = own_defaults(given, Extent((8, 8, 1), 100, streamed=streamed))
    assert chosen["ul_batch_size"] == size
    assert chosen["num_epochs"] * chosen["num_iter_per_epoch"] == steps


@pytest.mark.parametrize(
    "labeled, given, held_out",
    [
        (48, {}, 9),  # A fifth, rounded down.
        (3, {}, 1),
        (9_000, {}, 1_000),  # The usual number is less than a fifth.
        (48, {"num_valid_examples": 5}, 5),
    ],
)
def test_a_fifth_is_held_out_at_most(labeled, given, held_out):
    settings = _chosen((8, 8, 1), labeled, validation=True, **given)[0]
    assert settings.data.num_valid_examples == held_out
    assert settings.train.batch_size == min(32, labeled - held_out)


def test_what_is_given_stays():
    given = {"network": "conv13", "num_epochs": 7, "epsilon": 3.0}
    settings, chosen, _ = _chosen((16, 16, 3), 500, **given)
    assert not chosen.keys() & {*given, "hidden_sizes"}
    assert settings.network.network == "conv13"
    assert settings.train.num_steps == 700
    assert settings.train.epoch_decay_start == 4
    more = _chosen((16, 16, 3), 500, num_iter_per_epoch=10)[0].train
    assert more.num_steps == 1_000 and more.num_epochs == 100


@pytest.mark.parametrize(
    "given, epsilon",
    [
        ({"method": "vat"}, 1.6),
        ({"method": "at", "norm": "linf"}, 0.1),
        ({"method": "xvat"}, None),
    ],
)
def test_a_norm_grows_with_the_input(given, epsilon):
    settings, *_ = _chosen((16, 16, 1), 500, **given)
    assert getattr(settings.method, "epsilon", None) == epsilon


def test_it_is_said_with_the_flags_that_change_it():
    settings, chosen, extent = _chosen((96, 96, 3), 40, 60, method="mle")
    text = describe(chosen, settings, extent)
    assert text.startswith(
        "chose cnn and 500 steps for 100 training images of 96"
    )
    assert "--network=cnn --batch_size=16 --ul_batch_size=64" in text
    assert "--image_size=32" in text
    settings, chosen, extent = _chosen((8, 8, 1), 40)
    text = describe(chosen, settings, extent)
    assert "--hidden_sizes=256,256" in text and "--image_size" not in text
