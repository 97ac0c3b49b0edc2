"""How the replicas of a run work together: who they are, what they want."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from xvat_tf.cluster import ALONE as ONE_PROCESS
from xvat_tf.cluster import Cluster
from xvat_tf.errors import UserError
from xvat_tf.settings import Settings

SAVE, INTERRUPT, TERMINATE = WISHES = ("save", "interrupt", "terminate")
# How the loss of a worker shows in the others' collective operations.
LOSSES = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)


@dataclasses.dataclass(frozen=True, eq=False)
class Distribution:
    """The replicas of a run; without a strategy one, by itself."""

    strategy: tf.distribute.Strategy | None = None
    cluster: Cluster = ONE_PROCESS

    @property
    def num_replicas(self) -> int:
        """Replicas of all workers together."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    @property
    def num_workers(self) -> int:
        return len(self.cluster.workers)

    @property
    def num_local(self) -> int:
        """Replicas of each worker."""
        return self.num_replicas // self.num_workers

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.cluster.is_chief

    def scope(self) -> contextlib.AbstractContextManager:
        """Where variables are made that every replica holds."""
        return (
            self.strategy.scope() if self.strategy else contextlib.nullcontext()
        )

    def local_copy(self, variable: keras.Variable) -> tf.Variable:
        """The variable itself, or this process' first copy of it."""
        if self.strategy is None:
            return variable.value
        return self.strategy.experimental_local_results(variable.value)[0]

    def stream(self, make: Callable[..., tf.data.Dataset]):
        """The batches of this process' replicas.

        Of `part=(r, R)` `make` gives the r-th of R equal slices of every batch.
        Without a strategy it is the whole stream; else a distributed dataset
        whose elements hold a batch for each local replica.
        """
        if self.strategy is None:
            return make(part=(0, 1))
        local = self.num_local
        first = self.cluster.index * local

        def in_turn(context):
            parts = [
                make(part=(first + i, self.num_replicas)) for i in range(local)
            ]
            if local == 1:
                return parts[0]
            turns = tf.data.Dataset.range(local).repeat()
            return tf.data.Dataset.choose_from_datasets(parts, turns)

        return self.strategy.distribute_datasets_from_function(in_turn)

    def sum_over_workers(self, values: Sequence[float]) -> list[float]:
        """Adds up float64 numbers of all workers; every worker must call it."""
        if self.num_workers == 1:
            return list(values)
        mine = tf.constant(values, tf.float64) / self.num_local
        return self._total(mine).numpy().tolist()

    @functools.cached_property
    def _total(self):
        def total(mine):
            shares = self.strategy.run(tf.identity, (mine,))
            return self.strategy.reduce("SUM", shares, axis=None)

        return tf.function(total, autograph=False)

    def any(self, wanted: bool) -> bool:
        """Whether any worker wants something; every worker must call it."""
        return self.sum_over_workers([float(wanted)])[0] > 0

    def leave_together(self) -> None:
        """Waits until every worker is here; nothing in common may follow."""
        self.any(False)
        # All are here. Whoever leaves first may cut off what the others still
        # receive, which matters to nobody any more.
        with contextlib.suppress(*LOSSES):
            self.any(False)

    def require_same(self, numbers: Sequence[float], message: str) -> None:
        """Refuses workers that do not have the same numbers, below 2^26."""
        squares = [n * n for n in numbers]
        sums = self.sum_over_workers([*numbers, *squares])
        count, half = self.num_workers, len(numbers)
        for total, of_squares in zip(sums[:half], sums[half:], strict=True):
            if total * total != count * of_squares:
                raise UserError(message)


ALONE = Distribution()


def check_batches(settings: Settings, distribution: Distribution) -> None:
    """Checks that batches divide into replicas, and table rows into workers."""
    train, count = settings.train, distribution.num_replicas
    flags = ["batch_size"] + ["ul_batch_size"] * settings.uses_unlabeled
    for flag in flags:
        size = getattr(train, flag)
        if size % count:
            raise UserError(
                f"--{flag}={size} does not divide into {count} replicas: it is"
                f" the size of the global batch; give a multiple of {count}."
            )
    workers = distribution.num_workers
    if settings.method.has_table and train.shards % workers:
        raise UserError(
            f"--shards={train.shards} does not divide the mask table among"
            f" {workers} workers: give --shards={workers} or a multiple."
        )


class Votes:
    """What any worker wants, known to all of them at the same step.

    In one process a wish counts at once. In a group it travels with the next
    step's sums (see `replicated_step`), so it costs no message of its own and
    counts one step later, everywhere.
    """

    def __init__(self, distribution: Distribution):
        self._mine = dict.fromkeys(WISHES, False)
        self._granted = dict.fromkeys(WISHES, False)
        self.ballot = None
        if distribution.num_workers > 1:
            # Read by the step, written between steps.
            self.ballot = tf.Variable(
                tf.zeros(len(WISHES), tf.float32), trainable=False
            )

    def vote(self, wish: str, wanted: bool) -> bool:
        """Votes for one of `WISHES` or not; returns whether all do it now."""
        if self.ballot is None:
            return wanted
        granted = self._granted[wish]
        wanted = wanted and not granted
        if self._mine[wish] != wanted:
            self._mine[wish] = wanted
            self.ballot.assign([float(mine) for mine in self._mine.values()])
        return granted

    def count(self, ballot) -> None:
        """Takes the sums of all ballots, float `(wishes,)`, after a step."""
        self._granted = dict(zip(WISHES, ballot > 0, strict=True))
