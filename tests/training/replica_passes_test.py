"""The passes of a replica: dropout of its own, states like one replica's."""

import numpy as np
import pytest
import tensorflow as tf

from tests.training import toy
from xvat_tf.perturbations import TrainingPasses
from xvat_tf.training.replicas.replicated_step import ReplicaPasses

IMAGES = toy.toy_batch()["images"]


def _passes(replica):
    classifier = toy.toy_classifier()
    return classifier, ReplicaPasses(classifier, tf.GradientTape(), replica)


def test_the_first_replica_draws_the_dropout_of_one_device():
    alone = TrainingPasses(toy.toy_classifier(), tf.GradientTape())
    _, first = _passes(0)
    np.testing.assert_array_equal(
        first.traceless(IMAGES), alone.traceless(IMAGES)
    )


def test_replicas_do_not_share_dropout_and_repeat_their_own():
    first, second, again = (
        _passes(replica)[1].traceless(IMAGES).numpy() for replica in (0, 1, 1)
    )
    assert np.any(first != second)
    np.testing.assert_array_equal(second, again)


@pytest.mark.parametrize("replica", [0, 3])
def test_labeled_and_traceless_passes_share_their_noise(replica):
    _, passes = _passes(replica)
    labeled = passes.stateful(IMAGES)
    np.testing.assert_array_equal(passes.traceless(IMAGES), labeled)


@pytest.mark.parametrize("replica", [0, 3])
def test_seeds_advance_as_on_one_device_and_nothing_is_written(replica):
    plain = toy.toy_classifier()
    plain(IMAGES, training=True)
    classifier, passes = _passes(replica)
    before = [v.numpy() for v in classifier.non_trainable_variables]
    passes.stateful(IMAGES)
    after = [v.numpy() for v in classifier.non_trainable_variables]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    expected = [
        v.numpy() for v in plain.non_trainable_variables if "int" in v.dtype
    ]
    assert expected
    for state, value in zip(passes.seed_states, expected, strict=True):
        np.testing.assert_array_equal(state, value)
