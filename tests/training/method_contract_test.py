"""What every method owes, written once and looped over all of them."""

import functools
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import toy
from xvat_tf.perturbations import InferencePasses, TrainingPasses
from xvat_tf.records.tags import (
    ACCURACY,
    EXPECTED_L0,
    KEPT,
    NAMES,
    NORM,
    PERTURBED,
)
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.noise import StepNoise

every_method = pytest.mark.parametrize("case", toy.METHODS)
every_setting = pytest.mark.parametrize(
    "semi", [False, True], ids=["supervised", "semi"]
)
# A compiled step of the others is made of the same operations.
COMPILED = ("at-l2", "vat", "xvat-table", "xvat-all")
MASKS = [case for case in toy.METHODS if case.startswith("x")]


# Of the others the labeled batch alone is regularised by the same code.
SUPERVISED = ("mle", "at-l2", "vat", "xvat-table", "pi")


@pytest.fixture(autouse=True)
def not_every_pair(request, leave_to_full):
    given = request.node.callspec.params
    case = given.get("case", "mle")
    leave_to_full(given.get("semi") is False and case not in SUPERVISED)
    # Its loss is that of xvat-table; the generator's step is another.
    leave_to_full(
        case == "xvat-adam" and "generator_step" not in request.node.name
    )


def values_of(trainer, batch, step=0, watch=()):
    """Values, total loss and its gradients with respect to `watch`."""
    with tf.GradientTape() as tape:
        average = trainer.average
        passes = TrainingPasses(trainer.classifier, tape, average=average)
        noise = StepNoise(3, step)
        values = trainer.objective(batch, passes, noise)
        total = weighted_total(values, trainer.objective.weights)
    return values, total, tape.gradient(total, watch) if watch else None


def arrays(variables):
    return [variable.numpy().copy() for variable in variables]


def restore(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@functools.cache
def made(case):
    """A trainer, all that its steps change, and how that is at first."""
    trainer = toy.toy_trainer(case)
    parts = [trainer, trainer.optimizer, trainer.generator_optimizer]
    parts += [trainer.memory, trainer.average]
    variables = [v for part in parts if part for v in part.variables]
    return trainer, variables, arrays(variables)


def fresh(case):
    """The trainer of a case as it was made: making it takes longer."""
    trainer, variables, values = made(case)
    restore(variables, values)
    trainer.reset_metrics()
    return trainer


@functools.cache
def first_pass(case, semi):
    """What one pass with gradients gives and leaves, for several tests."""
    trainer = fresh(case)
    classifier, generator = trainer.classifier, trainer.generator
    parts = [classifier.trainable_variables]
    parts += [generator.trainable_variables] if generator else []
    found = values_of(trainer, toy.toy_batch(semi), watch=parts)
    return types.SimpleNamespace(
        values=found[0],
        total=found[1],
        gradients=found[2],
        left=arrays(classifier.non_trainable_variables),
    )


def assert_equal(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@every_method
@every_setting
def test_every_variable_gets_a_finite_gradient(case, semi):
    found, trainer = first_pass(case, semi), fresh(case)
    assert np.isfinite(found.total)
    assert set(found.values) == set(trainer.objective.tags)
    variables, gradients = trainer.trainable_variables, sum(found.gradients, [])
    for variable, gradient in zip(variables, gradients, strict=True):
        dense = tf.convert_to_tensor(gradient)
        assert np.isfinite(dense).all(), variable.path
        assert np.abs(dense).max() > 0, variable.path


@every_method
@every_setting
def test_same_noise_same_loss_and_other_noise_another(case, semi):
    batch, first = toy.toy_batch(semi), first_pass(case, semi).total
    second = values_of(fresh(case), batch)[1]
    trainer = fresh(case)
    third = values_of(trainer, batch, 6)[1]
    np.testing.assert_array_equal(first, second)
    settings = trainer.objective.settings
    draws_noise = (
        settings.uses_mask
        or settings.probing_length is not None
        or (hasattr(settings, "input_noise") and (semi or settings.views > 1))
    )
    assert bool(first != third) == draws_noise


@every_method
@every_setting
def test_state_moves_as_by_the_labeled_pass_alone(case, semi):
    plain = toy.toy_classifier()
    plain(toy.toy_batch(semi)["images"], training=True)
    left = arrays(plain.non_trainable_variables)
    assert_equal(first_pass(case, semi).left, left)


@every_method
@every_setting
def test_inference_passes_leave_everything_alone(case, semi):
    batch, trainer = toy.toy_batch(semi), fresh(case)
    before = arrays(trainer.classifier.variables)
    passes = InferencePasses(trainer.classifier, average=trainer.average)
    values = trainer.objective(batch, passes, StepNoise(3, 0))
    assert all(np.isfinite(value).all() for value in values.values())
    assert_equal(before, arrays(trainer.classifier.variables))


@pytest.mark.parametrize(
    "case", ["at-l2", "vat", "vat-2", "vat-against", "vatent"]
)
@every_setting
def test_r_has_norm_epsilon_for_every_example(case, semi):
    values = first_pass(case, semi).values
    np.testing.assert_allclose(values[NORM], 0.5, rtol=1e-5)


@every_setting
def test_r_of_linf_has_epsilon_in_every_entry(semi):
    values = first_pass("at-linf", semi).values
    entries = toy.SIDE * toy.SIDE * 2
    np.testing.assert_allclose(values[NORM], 0.1 * entries**0.5, rtol=1e-5)


@pytest.mark.parametrize("case", MASKS)
@every_setting
def test_masked_images_are_the_images_times_a_mask(case, semi):
    batch, trainer = toy.toy_batch(semi), fresh(case)
    images = batch["images"]
    perturbed, values = trainer.objective.masked(
        images,
        batch["indices"],
        batch["labels"],
        InferencePasses(trainer.classifier),
        StepNoise(3, 0),
    )
    gain = trainer.objective.settings.mask_gain
    mask = perturbed / (gain * images)
    assert np.min(mask) >= -1e-6 and np.max(mask) <= 1 + 1e-6
    assert np.min(values[KEPT]) > 0 and np.max(values[KEPT]) <= 1
    assert np.min(values[EXPECTED_L0]) > 0


class CutPasses(TrainingPasses):
    """Training passes whose clean pass is cut."""

    def clean(self, images):
        return tf.stop_gradient(super().clean(images))


@pytest.mark.parametrize(
    "case", ["vat", "vat-against", "vatent", "xvat", "xvat-eq7", "xvat-all"]
)
def test_no_gradient_into_the_clean_target(case):
    def gradients(passes_class):
        trainer = fresh(case)
        with tf.GradientTape() as tape:
            passes = passes_class(trainer.classifier, tape)
            values = trainer.objective(toy.toy_batch(), passes, StepNoise(3, 0))
            loss = tf.reduce_mean(values[PERTURBED])
        return tape.gradient(loss, trainer.classifier.trainable_variables)

    assert_equal(gradients(TrainingPasses), gradients(CutPasses))


@every_method
@every_setting
def test_classifier_step_lowers_the_loss(case, semi):
    found, trainer = first_pass(case, semi), fresh(case)
    variables = trainer.classifier.trainable_variables
    for variable, gradient in zip(variables, found.gradients[0], strict=True):
        variable.assign_sub(1e-3 * gradient)
    _, after, _ = values_of(trainer, toy.toy_batch(semi))
    assert after < found.total


@pytest.mark.parametrize("case", MASKS)
@every_setting
def test_generator_step_raises_its_objective(case, semi):
    batch, before = toy.toy_batch(semi), first_pass(case, semi).total
    trainer = fresh(case)
    trainer.optimizer.learning_rate = 0.0
    snapshot = arrays(trainer.classifier.non_trainable_variables)
    moving = arrays(trainer.classifier.trainable_variables)
    trainer.train_step(batch)
    assert_equal(moving, arrays(trainer.classifier.trainable_variables))
    restore(trainer.classifier.non_trainable_variables, snapshot)
    _, after, _ = values_of(trainer, batch)
    assert after > before


@pytest.mark.parametrize("case", MASKS)
def test_joint_step_moves_both_by_one_gradient(case):
    """Plain SGD on both sides: descent and ascent read off the variables."""
    found, trainer = first_pass(case, True), toy.toy_trainer(case)
    trainer.generator_optimizer = keras.optimizers.SGD(0.25)
    trainer.generator_optimizer.build(trainer.generator.trainable_variables)
    parts = trainer.classifier, trainer.generator
    starts = [arrays(part.trainable_variables) for part in parts]
    trainer.train_step(toy.toy_batch())
    assert trainer.objective.settings.uses_mask
    for part, old, gradients, rate in zip(
        parts, starts, found.gradients, (-1e-3, 0.25), strict=True
    ):
        check_moved(part, old, gradients, rate)


def check_moved(part, starts, gradients, rate):
    moved = part.trainable_variables
    for new, old, g in zip(moved, starts, gradients, strict=True):
        change = rate * tf.convert_to_tensor(g)
        np.testing.assert_allclose(new, old + change, rtol=1e-5, atol=1e-7)


@every_method
def test_compiled_steps_are_eager_ones_traced_once(case, leave_to_full):
    leave_to_full(case not in COMPILED)
    eager, trainer = fresh(case), toy.toy_trainer(case)
    batch, traces = toy.toy_batch(), []
    original = trainer.objective.__class__.__call__

    class Counting(trainer.objective.__class__):
        def __call__(self, *args):
            traces.append(1)
            return original(self, *args)

    trainer.objective.__class__ = Counting
    stream = tf.data.Dataset.from_tensors(batch).repeat()
    history = keras.Model.fit(
        trainer, stream, epochs=3, steps_per_epoch=2, verbose=0, shuffle=False
    ).history
    # Keras may trace the step twice on its first call, never again.
    assert len(traces) <= 2
    assert len(history[NAMES[ACCURACY]]) == 3
    assert int(trainer.optimizer.iterations) == 6
    eager.train_step(batch)
    for name, value in eager.train_step(batch).items():  # Mean of both.
        np.testing.assert_allclose(history[name][0], value, 1e-3, err_msg=name)
