import pytest
import tensorflow as tf

from xvat_tf.settings import resolve
from xvat_tf.training import schedules


def linear(**given):
    return resolve(
        {
            "num_epochs": 10,
            "epoch_decay_start": 6,
            "num_iter_per_epoch": 100,
            "learning_rate": 0.4,
            **given,
        }
    ).train


@pytest.mark.parametrize(
    "epoch, rate", [(0, 0.4), (5, 0.4), (6, 0.4), (7, 0.3), (9, 0.1)]
)
def test_linear_decay_of_vat_tf(epoch, rate):
    for step in (100 * epoch, 100 * epoch + 99):
        assert schedules.learning_rate(linear(), step) == pytest.approx(rate)


@pytest.mark.parametrize("step, expected", [(599, 0.9), (600, 0.5)])
def test_beta_1_changes_when_decay_starts(step, expected):
    assert schedules.beta_1(linear(), step) == expected


@pytest.mark.parametrize(
    "step, rate", [(0, 0.2), (499, 0.2), (500, 0.19), (1000, 0.1805)]
)
def test_exponential_decay(step, rate):
    settings = resolve({"dataset": "mnist", "learning_rate": 0.2}).train
    assert schedules.learning_rate(settings, step) == pytest.approx(rate)
    assert schedules.beta_1(settings, step) == 0.9


def test_decay_may_begin_after_the_end():
    settings = linear(epoch_decay_start=80)
    assert schedules.learning_rate(settings, 999) == 0.4


def test_no_division_by_zero_when_decay_starts_at_the_end():
    settings = linear(epoch_decay_start=10)
    assert schedules.learning_rate(settings, 999) == 0.4
    assert schedules.learning_rate(settings, 1000) == 0


@pytest.mark.parametrize(
    "step, share", [(0, 0.4), (1000, 0.55), (4000, 1), (9999, 1), (None, 1)]
)
def test_growth_is_a_function_of_the_step(step, share):
    settings = resolve({"growth_start": 0.4, "growth_steps": 4000}).method
    found = schedules.growth(settings, step)
    assert float(found) == pytest.approx(share)
    if step is not None:
        inside = tf.function(lambda s: schedules.growth(settings, s))
        assert float(inside(tf.constant(step, tf.int64))) == float(found)


def test_without_growth_the_size_is_full_from_the_first_step_on():
    settings = resolve({"growth_start": 0.4}).method
    assert schedules.growth(settings, 0) == 1
