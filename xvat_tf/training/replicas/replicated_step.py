"""The train step of several replicas, as `fit` calls it.

Everything but the gradients travels in one vector of sums per step: losses
and accuracies, moving statistics, and the workers' votes.
"""

import functools

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
        self._tags = trainer.tags
        self._wishes = 0 if ballot is None else ballot.shape[0]
        self._step = tf.function(self._step, autograph=False)

    def __call__(self, iterator):
        """Takes the step; returns means by name since the last reset."""
        means, ballot = self._step(iterator)
        if self._wishes:
            self._trainer.votes.count(ballot.numpy())
        return means

    def _step(self, iterator):
        strategy = self._distribution.strategy
        vectors, seeds = strategy.run(self._on_replica, (next(iterator),))
        vector = strategy.reduce("SUM", vectors, axis=None)
        sums, counts, ballot, states = self._split(vector)
        count = self._distribution.num_replicas
        for variable, state in zip(self._floats, states, strict=True):
            variable.assign(tf.cast(state / count, variable.dtype))
        for variable, state in zip(self._seeds, seeds, strict=True):
            variable.assign(strategy.experimental_local_results(state)[0])
        self._trainer.finish_step()
        values = tf.unstack(sums / counts)
        by_tag = dict(zip(self._tags, values, strict=True))
        return self._trainer.record(by_tag, tf.unstack(counts)), ballot

    def _on_replica(self, batch):
        trainer = self._trainer
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        make_passes = functools.partial(
            trainer.passes, kind=ReplicaPasses, replica=replica
        )
        noise = StepNoise(trainer.seed, trainer.step.value, replica)
        values, passes = trainer.update(batch, make_passes, noise)
        return self._vector(values, passes), passes.seed_states

    def _vector(self, values, passes):
        dtype = values[self._tags[0]].dtype
        values = [tf.cast(values[tag], dtype) for tag in self._tags]
        parts = [
            tf.stack([tf.reduce_sum(value) for value in values]),
            tf.stack([tf.cast(tf.size(value), dtype) for value in values]),
        ]
        if self._wishes:
            parts.append(tf.cast(self._trainer.votes.ballot, dtype))
        parts += [
            tf.cast(tf.reshape(state, [-1]), dtype)
            for state in passes.float_states
        ]
        return tf.concat(parts, axis=0)

    def _split(self, vector):
        """Sums and counts by tag, ballot, states: what `_vector` joined."""
        shapes = [tf.TensorShape(variable.shape) for variable in self._floats]
        sizes = [len(self._tags)] * 2 + [self._wishes]
        sizes += [shape.num_elements() for shape in shapes]
        sums, counts, ballot, *states = tf.split(vector, sizes)
        shaped = zip(states, shapes, strict=True)
        return sums, counts, ballot, [tf.reshape(s, to) for s, to in shaped]
