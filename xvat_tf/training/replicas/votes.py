"""Wishes of single workers that all of them follow after the same step."""

import tensorflow as tf

from xvat_tf.training.replicas.distribution import Distribution

SAVE, INTERRUPT, TERMINATE = WISHES = ("save", "interrupt", "terminate")


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
        self._set(wish, wanted and not granted)
        return granted

    def count(self, ballot) -> None:
        """Takes the sums of all ballots, float `(wishes,)`, after a step."""
        self._granted = dict(zip(WISHES, ballot > 0, strict=True))

    def _set(self, wish, wanted):
        if self._mine[wish] != wanted:
            self._mine[wish] = wanted
            self.ballot.assign([float(self._mine[name]) for name in WISHES])
