"""The train step of several replicas, as `fit` calls it.

Everything but the gradients travels in one message of sums per step: losses
and accuracies, moving statistics, and the workers' votes.
"""

import functools

import keras
import tensorflow as tf

from xvat_tf.perturbations import TrainingPasses
from xvat_tf.training.noise import StepNoise

# Distance of the replicas' dropout seeds; layers have neighbouring ones.
_SEED_DISTANCE = 1_000_003


class ReplicaPasses(TrainingPasses):
    """The passes of one replica.

    Its dropout seeds are moved by the replica's number, an int or integer
    scalar tensor, the same in all passes of the step. The labeled pass leaves
    its traces in `float_states` and `seed_states` for `ReplicatedStep`, which
    makes one state of those of all replicas.
    """

    def __init__(self, classifier, tape, replica, **options):
        super().__init__(classifier, tape, **options)
        self._replica = replica
        self._snapshot = [self._moved(x, 1) for x in self._snapshot]
        self.float_states, self.seed_states = [], []

    def stateful(self, inputs):
        self.outputs, states, self.penalties = self._classifier.stateless_call(
            self._classifier.trainable_variables,
            self._snapshot,
            inputs,
            return_losses=True,
            training=True,
        )
        self._keep(states)
        self.seed_states = [
            self._moved(tf.convert_to_tensor(s), -1)
            for s in states
            if not s.dtype.is_floating
        ]
        return self._logits(self.outputs, inputs)

    def _keep(self, states):
        states = [tf.convert_to_tensor(state) for state in states]
        self.float_states = [s for s in states if s.dtype.is_floating]

    def _moved(self, state, sign):
        if state.dtype.is_floating or state.shape != (2,):
            return state
        distance = tf.cast(self._replica, state.dtype) * _SEED_DISTANCE
        return state + sign * tf.stack([distance, tf.zeros_like(distance)])


class ReplicatedStep:
    """One step on all replicas; called with the iterator of `fit`.

    The trainer's variables were made in the strategy's scope.
    """

    def __init__(self, trainer, distribution):
        self._trainer, self._distribution = trainer, distribution
        states = trainer.classifier.non_trainable_variables
        self._floats = [v for v in states if "float" in v.dtype]
        self._seeds = [v for v in states if "float" not in v.dtype]
        ballot = trainer.votes.ballot
        self._ballots = [] if ballot is None else [ballot]
        self._step = tf.function(self._step, autograph=False)

    def __call__(self, iterator):
        """Takes the step; returns means by name since the last reset."""
        means, ballots = self._step(iterator)
        for ballot in ballots:
            self._trainer.votes.count(ballot.numpy())
        return means

    def _step(self, iterator):
        strategy, trainer = self._distribution.strategy, self._trainer
        sums, counts, ballots, floats, seeds = tf.nest.map_structure(
            lambda value: strategy.experimental_local_results(value)[0],
            strategy.run(self._on_replica, (next(iterator),)),
        )
        count = self._distribution.num_replicas
        for variable, state in zip(self._floats, floats, strict=True):
            variable.assign(tf.cast(state / count, variable.dtype))
        for variable, state in zip(self._seeds, seeds, strict=True):
            variable.assign(state)
        trainer.finish_step()
        means = {tag: sums[tag] / counts[tag] for tag in trainer.tags}
        counts = [counts[tag] for tag in trainer.tags]
        return trainer.record(means, counts), ballots

    def _on_replica(self, batch):
        """Sums over replicas, but for the seeds, which are alike."""
        trainer, context = self._trainer, tf.distribute.get_replica_context()
        replica = context.replica_id_in_sync_group
        make_passes = functools.partial(
            trainer.passes, kind=ReplicaPasses, replica=replica
        )
        noise = StepNoise(trainer.seed, trainer.step.value, replica)
        values, passes = trainer.update(batch, make_passes, noise)
        sums = {tag: tf.reduce_sum(v) for tag, v in values.items()}
        counts = {tag: tf.size(value) for tag, value in values.items()}
        ballots = [tf.convert_to_tensor(ballot) for ballot in self._ballots]
        parts = sums, counts, ballots, passes.float_states
        dtype = keras.config.floatx()
        parts = tf.nest.map_structure(lambda x: tf.cast(x, dtype), parts)
        return *context.all_reduce("SUM", parts), passes.seed_states
