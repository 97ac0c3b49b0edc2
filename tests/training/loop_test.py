"""Several steps in a call: the same bits, and calls end where they must."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import toy
from xvat_tf.settings import resolve
from xvat_tf.training import loop, schedules

STEPS, SPOILED = 7, 4
SETTINGS = resolve(
    {
        "dataset": "digits",
        "num_iter_per_epoch": 2,
        "num_epochs": 4,
        "epoch_decay_start": 1,
        "learning_rate": 0.01,
    }
).train


def stream(spoiled=None):
    """Another batch at every step, one of them perhaps not finite."""
    batch = toy.toy_batch()

    def changed(number):
        factor = 1 + tf.cast(number, tf.float32) / 8
        if spoiled is not None:
            factor = tf.where(number == spoiled, np.float32("inf"), factor)
        return {**batch, "images": factor * batch["images"]}

    return tf.data.Dataset.counter().map(changed)


def steps_taken(case, counts, spoiled=None):
    """Trains by calls of so many steps; logs, steps, variables."""
    trainer = toy.toy_trainer(case)
    optimizer = schedules.classifier_optimizer(SETTINGS)
    trainer.compile(optimizer, trainer.generator_optimizer)
    take = loop.StepLoop(trainer, SETTINGS, stream(spoiled))
    step = 0
    for count in counts:
        logs, taken = take(step, count)
        step += taken
        if taken < count:
            break
    parts = [trainer.classifier, trainer.generator, optimizer]
    variables = [v.numpy() for p in parts if p for v in p.variables]
    return {k: v.numpy() for k, v in logs.items()}, step, variables


@pytest.mark.parametrize("case", ["mle", "vat", "xvat", "xvat-table"])
def test_calls_of_any_length_give_the_same_bits(case, leave_to_full):
    leave_to_full(case != "xvat-table")
    logs, step, variables = steps_taken(case, [1] * STEPS)
    assert step == STEPS
    other_logs, step, others = steps_taken(case, [3, 1, 3])
    assert step == STEPS and other_logs == logs
    for one, other in zip(variables, others, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_first_loss_that_is_not_finite_ends_a_call():
    logs, step, variables = steps_taken("mle", [8], SPOILED)
    assert step == SPOILED + 1 and not np.isfinite(logs["loss"])
    _, _, others = steps_taken("mle", [1] * step, SPOILED)
    for one, other in zip(variables, others, strict=True):
        np.testing.assert_array_equal(one, other)


def test_calls_end_at_curves_checkpoints_and_epochs():
    given = {"num_iter_per_epoch": 10, "log_freq": 4, "checkpoint_steps": 7}
    pace = loop.Pace(resolve(given).train)
    assert pace.steps(0) == 1
    pace.note(1, 0.005)  # 50 of them in a quarter of a second.
    ends, step = [], 0
    while step < 20:
        step += pace.steps(step)
        ends.append(step)
    assert ends == [4, 7, 8, 10, 12, 14, 16, 20]
    pace.note(2, 0.1)
    assert [pace.steps(s) for s in (0, 4, 9)] == [4, 3, 1]
    pace.note(1, 7.0)
    assert pace.steps(0) == 1


def test_a_chosen_number_is_the_most():
    given = {"steps_per_execution": 3, "log_freq": 4}
    pace = loop.Pace(resolve(given).train)
    pace.note(1, 0.001)
    assert [pace.steps(s) for s in (0, 3, 4)] == [3, 1, 3]


class Told(keras.callbacks.Callback):
    """Writes down what it is told, and stops at a step."""

    def __init__(self, last):
        super().__init__()
        self.calls, self._last = [], last

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("begin", epoch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append((batch, self.model.steps_done))
        self.model.stop_training = self.model.steps_done >= self._last

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("end", epoch, logs["loss"]))


def test_callbacks_are_told_as_by_keras():
    given = {"num_iter_per_epoch": 5, "log_freq": 5, "num_epochs": 9}
    settings = resolve(given | {"steps_per_execution": 3}).train
    told, trainer = Told(last=6), toy.toy_trainer("mle")
    loop.fit(
        trainer,
        lambda step, count: ({"loss": float(step)}, count),
        [told],
        settings,
        step=2,
    )
    assert told.calls == [
        *(("begin", 0), (4, 5), ("end", 0, 2.0)),
        *(("begin", 1), (2, 8), ("end", 1, 5.0)),
    ]
