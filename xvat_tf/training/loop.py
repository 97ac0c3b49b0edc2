"""The loop of a run: several steps in one call of a compiled function."""

import time
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from xvat_tf.records.tags import NAMES, TOTAL
from xvat_tf.settings import TrainSettings
from xvat_tf.training.schedules import Schedule
from xvat_tf.training.trainer import Trainer

# A signal, the clock of checkpoints and the bar wait for the end of a call.
_SECONDS = 0.25


class StepLoop:
    """Takes steps of a trainer, several in a call; of replicas one.

    A call costs about a millisecond of Python, which a step of a small
    network need not take. No number depends on how many steps a call takes.
    `read` makes the batch of what the stream gives, if it is not one already.
    """

    def __init__(
        self,
        trainer: Trainer,
        settings: TrainSettings,
        stream: tf.data.Dataset,
        read: Callable | None = None,
    ):
        self._trainer, self._read = trainer, read
        self._iterator = iter(stream)
        self._replicated = trainer.distribution.strategy is not None
        self._schedule = Schedule(settings, trainer.classifier_optimizer)
        self._step = tf.function(
            trainer.train_step,
            autograph=False,  # As Keras traces it.
            jit_compile=settings.xla,
        )
        # Traced once for every number of steps.
        self._compiled = tf.function(
            self._take, autograph=False, input_signature=[self._schedule.spec]
        )

    def __call__(self, step: int, count: int):
        """Takes `count` steps, up to the first whose loss is not finite.

        Returns means since the last reset, by Keras' name, and the steps taken.
        """
        values = self._schedule.values(step, count)
        if not self._replicated:
            logs, taken = self._compiled(values)
            return logs, int(taken)
        self._schedule.assign(values, 0)
        self._trainer.make_train_function()
        return self._trainer.train_function(self._iterator), 1

    def _take(self, values):
        zero = tf.zeros([], keras.config.floatx())
        nothing = {NAMES[tag]: zero for tag in self._trainer.tags}
        count = tf.shape(values[0])[0]

        def take_one(i, logs):
            self._schedule.assign(values, i)
            batch = self._iterator.get_next()
            if self._read is not None:
                batch = self._read(batch)
            return i + 1, self._step(batch)

        def goes_on(i, logs):
            sound = tf.math.is_finite(logs[NAMES[TOTAL]])
            return tf.logical_and(i < count, sound)

        taken, logs = tf.while_loop(goes_on, take_one, (0, nothing))
        return logs, taken


class Pace:
    """Chooses how many steps a call takes: what fits in a quarter of a second.

    It ends at points of curves, checkpoints and epochs at the latest.
    """

    def __init__(self, settings: TrainSettings):
        self._chosen = settings.steps_per_execution
        self._fitting = 1
        self._ends = (
            settings.num_iter_per_epoch,
            settings.log_freq,
            settings.checkpoint_steps or settings.num_iter_per_epoch,
        )

    def steps(self, step: int) -> int:
        """Steps of the next call, after `step` steps."""
        left = min(length - step % length for length in self._ends)
        return min(left, self._chosen or self._fitting)

    def note(self, steps: int, seconds: float) -> None:
        """Learns from a call; the first one, which compiles, is a slow one."""
        self._fitting = max(1, int(_SECONDS * steps / seconds))


def fit(
    trainer: Trainer,
    loop: StepLoop,
    callbacks: Sequence[keras.callbacks.Callback],
    settings: TrainSettings,
    step: int,
) -> None:
    """Trains to the end, or until a callback sets `trainer.stop_training`.

    Callbacks are those of `keras.Model.fit`; `trainer.steps_done` tells them
    where the run is. Reported means are those since a callback reset them,
    also where a continued run begins. The loop begins with the batch of `step`.
    """
    told = keras.callbacks.CallbackList(list(callbacks), model=trainer)
    pace = Pace(settings)
    trainer.stop_training, trainer.steps_done = False, step
    told.on_train_begin()
    while step < settings.num_steps and not trainer.stop_training:
        epoch, done = divmod(step, settings.num_iter_per_epoch)
        told.on_epoch_begin(epoch)
        while done < settings.num_iter_per_epoch and not trainer.stop_training:
            told.on_train_batch_begin(done)
            start, count = time.perf_counter(), pace.steps(step)
            logs, taken = loop(step, count)
            pace.note(taken, time.perf_counter() - start)
            step += taken
            done += taken
            trainer.steps_done = step
            told.on_train_batch_end(done - 1, logs)
        told.on_epoch_end(epoch, logs)
    told.on_train_end()
