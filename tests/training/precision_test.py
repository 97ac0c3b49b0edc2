"""Low precision: what stays float32, and what one step changes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.training import toy
from xvat_tf.errors import UserError
from xvat_tf.perturbations import TrainingPasses
from xvat_tf.settings import resolve

LOW = ["mixed_bfloat16", "mixed_float16"]
CASES = ["mle", "at-l2", "vat", "xvat", "xvat-table"]


@pytest.fixture
def policy():
    """Sets the policy of layers that are made, and sets it back."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


def trainer_of(case, precision, set_policy):
    """Plain SGD on both sides, so that a step shows the gradient."""
    set_policy(precision)
    classifier = keras.Sequential(
        [
            keras.Input((toy.SIDE, toy.SIDE, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(
                8, "tanh", kernel_initializer=keras.initializers.HeNormal(1)
            ),
            keras.layers.Dense(
                toy.CLASSES, kernel_initializer=keras.initializers.HeNormal(2)
            ),
        ]
    )
    trainer = toy.toy_trainer(case, classifier, xi=0.1)
    optimizer = keras.optimizers.SGD(1.0)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    ascending = trainer.generator and keras.optimizers.SGD(1.0)
    trainer.compile(optimizer, ascending)
    return trainer


def parts_of(trainer):
    return [part for part in (trainer.classifier, trainer.generator) if part]


def values(part):
    """All its variables, as one vector."""
    variables = part.trainable_variables
    return np.concatenate([v.numpy().ravel() for v in variables])


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("case", CASES)
def test_one_step_is_that_of_float32(case, precision, policy):
    moves = []
    for name in ("float32", precision):
        trainer = trainer_of(case, name, policy)
        before = [values(part) for part in parts_of(trainer)]
        trainer.train_step(toy.toy_batch())
        after = [values(part) for part in parts_of(trainer)]
        moves.append([a - b for a, b in zip(after, before, strict=True)])
    bar = 0.02 if precision == "mixed_bfloat16" else 0.005
    if case == "vat":  # The direction is a difference of rounded logits.
        bar *= 4
    for exact, low in zip(*moves, strict=True):
        assert np.linalg.norm(exact) > 0
        assert np.linalg.norm(low - exact) < bar * np.linalg.norm(exact)


@pytest.mark.parametrize("precision", LOW)
def test_losses_and_variables_stay_float32(precision, policy):
    trainer = trainer_of("xvat", precision, policy)
    assert trainer.classifier.layers[1].compute_dtype == precision[6:]
    assert {v.dtype for v in trainer.classifier.variables} == {"float32"}
    with tf.GradientTape() as tape:
        passes = TrainingPasses(trainer.classifier, tape)
        batch = toy.toy_batch()
        for forward in (passes.stateful, passes.traceless):
            assert forward(batch["images"]).dtype == tf.float32
    images = batch["images"]
    log_alpha, mask, masked = trainer.objective.draw(
        images, None, batch["labels"], passes, Noise()
    )
    assert {t.dtype for t in (log_alpha, mask, masked)} == {tf.float32}


class Noise:
    """Noise of one half everywhere."""

    def uniform(self, like):
        return tf.fill(tf.shape(like), 0.5)


def test_an_overflow_leaves_both_where_they_are(policy):
    trainer = trainer_of("xvat", "mixed_float16", policy)
    trainer.optimizer.dynamic_scale.assign(1e30)
    step = tf.function(trainer.train_step, autograph=False)
    before = [values(part) for part in parts_of(trainer)]
    step(toy.toy_batch())
    for old, part in zip(before, parts_of(trainer), strict=True):
        np.testing.assert_array_equal(values(part), old)
    assert float(trainer.optimizer.dynamic_scale) == pytest.approx(1e30 / 2)
    assert int(trainer.optimizer.iterations) == 0


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize("method", ["vat", "vatent"])
def test_xi_that_rounds_away_is_refused(precision, method):
    given = {"dataset": "svhn", "method": method, "precision": precision}
    with pytest.raises(
        UserError, match="--xi=1e-06 is too small .* of the pix"
    ):
        resolve(given)
    assert resolve(given | {"xi": 0.1}).train.precision == precision
    unprobed = resolve(given | {"direction": "against_prediction"})
    assert unprobed.train.precision == precision


@pytest.mark.parametrize("method", ["mle", "at", "xat", "xvat"])
def test_other_methods_have_no_xi(method):
    resolve({"method": method, "precision": "mixed_bfloat16"})


def test_double_precision_is_not_mixed():
    with pytest.raises(UserError, match="leave one of them out"):
        resolve({"dtype": "float64", "precision": "mixed_bfloat16", "xi": 1.0})


@pytest.mark.parametrize("case", ["vat", "xvat-table"])
def test_xla_takes_the_same_step(case, policy, leave_to_full):
    """But for noise, which XLA draws by its own generator."""
    leave_to_full(case == "vat")
    losses = []
    for jit_compile in (False, True):
        trainer = trainer_of(case, "float32", policy)
        step = tf.function(
            trainer.train_step, autograph=False, jit_compile=jit_compile
        )
        losses.append(float(step(toy.toy_batch())["cross_entropy"]))
    np.testing.assert_allclose(*losses, rtol=1e-4)
