"""What a group has to agree on, with stand-ins for strategies."""

import types
from unittest import mock

import pytest
import tensorflow as tf

from xvat_tf.cluster import Cluster
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve
from xvat_tf.training.replicas.distribution import (
    ALONE,
    SAVE,
    Distribution,
    Votes,
    check_batches,
)

GROUP = Cluster(("a:1", "b:1", "c:1"), 1)


def _distribution(replicas, cluster=ALONE.cluster):
    strategy = types.SimpleNamespace(num_replicas_in_sync=replicas)
    return Distribution(strategy, cluster)


def _check(replicas, cluster=ALONE.cluster, **given):
    settings = resolve({"dataset": "digits", "method": "xvat"} | given)
    check_batches(settings, _distribution(replicas, cluster))


def test_batches_divide_into_replicas():
    _check(2, batch_size=50, ul_batch_size=250)
    with pytest.raises(UserError, match="--batch_size=50 does not .* 3 repl"):
        _check(3)
    with pytest.raises(UserError, match="--ul_batch_size=250 .* multiple of 4"):
        _check(4, batch_size=8)
    _check(4, batch_size=8, supervised=True)


def test_shards_divide_among_workers_where_there_is_a_table():
    sizes = {"batch_size": 12, "ul_batch_size": 12}
    _check(3, GROUP, **sizes)
    table = sizes | {"mask_model": "transductive"}
    with pytest.raises(UserError, match="--shards=1 .* give --shards=3"):
        _check(3, GROUP, **table)
    _check(3, GROUP, shards=6, **table)
    _check(2, **table)


def test_shards_divide_batches():
    with pytest.raises(UserError, match="--ul_batch_size=251 .* multiple of 5"):
        resolve(
            {"method": "xvat", "shards": 5, "batch_size": 5}
            | {"ul_batch_size": 251}
        )
    with pytest.raises(UserError, match="--shards=0 must be above 0"):
        resolve({"shards": 0})


def test_alone_a_wish_counts_at_once():
    votes = Votes(ALONE)
    assert votes.vote(SAVE, True) and not votes.vote(SAVE, False)
    assert ALONE.any(True) and not ALONE.any(False)


def test_in_a_group_a_wish_counts_after_the_next_step_once():
    votes = Votes(_distribution(3, GROUP))
    assert not votes.vote(SAVE, True)
    assert votes.ballot.numpy().tolist() == [1, 0, 0]
    votes.count(votes.ballot.numpy())
    assert votes.vote(SAVE, True)
    assert votes.ballot.numpy().tolist() == [0, 0, 0]
    votes.count(votes.ballot.numpy())
    assert not votes.vote(SAVE, False)


def test_a_wish_of_another_worker_counts_here():
    votes = Votes(_distribution(3, GROUP))
    votes.count(votes.ballot.numpy() + [1, 0, 0])
    assert votes.vote(SAVE, False)


class _Summed(Distribution):
    """A group whose other workers have given numbers."""

    def sum_over_workers(self, values):
        others = [[n, n * n] for n in self.others]
        return [sum(column) for column in zip(values, *others, strict=True)]


@pytest.mark.parametrize(
    ("others", "same"), [((5, 5), True), ((5, 6), False), ((0, 10), False)]
)
def test_workers_that_see_other_checkpoints_are_noticed(others, same):
    found = _Summed(cluster=GROUP)
    object.__setattr__(found, "others", others)
    if same:
        found.require_same([5], "they differ")
        return
    with pytest.raises(UserError, match="they differ"):
        found.require_same([5], "they differ")


_LEFT = tf.errors.UnavailableError(None, None, "Socket closed")


@pytest.mark.parametrize("second", [False, _LEFT])
def test_others_may_leave_once_all_are_there(second):
    with mock.patch.object(Distribution, "any", side_effect=[False, second]):
        ALONE.leave_together()


def test_nobody_leaves_before_all_are_there():
    with (
        mock.patch.object(Distribution, "any", side_effect=[_LEFT]),
        pytest.raises(tf.errors.UnavailableError),
    ):
        ALONE.leave_together()
