"""Losses of a linear classifier, computed by hand with NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_softmax, softmax

from tests.training.linear_case import (
    IMAGES,
    KERNEL,
    LABELS,
    UNLABELED,
    batch_of,
    linear,
)
from xvat_tf.perturbations import TrainingPasses
from xvat_tf.records import tags
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective
from xvat_tf.training.joint_step import weighted_total

UNIFORM = np.array(
    [[0.9, 0.2], [0.6, 0.7], [0.5, 0.01], [0.4, 0.5], [0.3, 0.8]]
)
LOG_ALPHA = np.array(
    [[0.3, -0.8], [1.0, 0.0], [-0.5, -2.0], [0.7, -0.1], [0.2, 1.5]]
)
START = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.5, 0.0], [0.0, 2.0]])


class GivenNoise:
    """Noise written down above, for as many examples as asked."""

    def normal(self, like, number=0):
        return tf.constant(START[: len(like)])

    def uniform(self, like):
        return tf.constant(UNIFORM[: len(like)])


def table(images, indices):
    return tf.gather(tf.constant(LOG_ALPHA), indices % len(LOG_ALPHA))


def loss_of(semi_supervised, step=None, **given):
    settings = resolve({"dataset": "mnist", **given}).method
    objective = make_objective(settings, table)
    with tf.GradientTape() as tape:
        passes = TrainingPasses(linear(), tape, step=step)
        values = objective(batch_of(semi_supervised), passes, GivenNoise())
        return values, float(weighted_total(values, objective.weights))


def cross_entropy(images, labels=LABELS):
    return -log_softmax(images @ KERNEL, 1)[np.arange(len(labels)), labels]


def kl(p_images, q_images):
    p, q = p_images @ KERNEL, q_images @ KERNEL
    return np.sum(softmax(p, 1) * (log_softmax(p, 1) - log_softmax(q, 1)), 1)


def masks(count, rows=None):
    beta, gamma, zeta = 0.66, -0.1, 1.1
    u, log_alpha = UNIFORM[:count], LOG_ALPHA[rows or range(count)]
    s = expit((np.log(u) - np.log(1 - u) + log_alpha) / beta)
    z = np.clip(s * (zeta - gamma) + gamma, 0, 1)
    return z, expit(log_alpha - beta * np.log(-gamma / zeta))


def r_vadv(images, epsilon):
    """KL of a linear two-class model is worst along the difference."""
    w = KERNEL[:, 0] - KERNEL[:, 1]
    sign = np.sign(START[: len(images)] @ w)[:, None]
    return epsilon * sign * w / np.linalg.norm(w)


def test_mle(float64):
    values, total = loss_of(True, method="mle")
    np.testing.assert_allclose(
        values[tags.CROSS_ENTROPY], cross_entropy(IMAGES), rtol=1e-12
    )
    assert total == pytest.approx(cross_entropy(IMAGES).mean(), rel=1e-12)
    # Logits (0, -0.3) and (1.3, -0.85): both predict class 0.
    np.testing.assert_array_equal(values[tags.ACCURACY], [1, 0])


@pytest.mark.parametrize("semi", [False, True])
def test_vat(float64, semi):
    values, total = loss_of(semi, method="vat", epsilon=0.5, xi=1e-4, eta=2.0)
    images = UNLABELED if semi else IMAGES
    lds = kl(images, images + r_vadv(images, 0.5))
    np.testing.assert_allclose(values[tags.PERTURBED], lds, rtol=1e-5)
    np.testing.assert_allclose(values[tags.NORM], 0.5, rtol=1e-5)
    expected = cross_entropy(IMAGES).mean() + 2 * lds.mean()
    assert total == pytest.approx(expected, rel=1e-5)


def test_vat_against_the_prediction(float64):
    values, _ = loss_of(
        True, method="vat", epsilon=0.5, direction="against_prediction"
    )
    w = KERNEL[:, 0] - KERNEL[:, 1]
    predicted = np.where(UNLABELED @ w > 0, 1, -1)[:, None]
    r = -0.5 * predicted * w / np.linalg.norm(w)
    lds = kl(UNLABELED, UNLABELED + r)
    np.testing.assert_allclose(values[tags.PERTURBED], lds, rtol=1e-5)
    np.testing.assert_allclose(values[tags.NORM], 0.5, rtol=1e-5)


@pytest.mark.parametrize("semi", [False, True])
@pytest.mark.parametrize("weight", [1.0, 0.25])
@pytest.mark.parametrize(
    "method, given", [("vat", {"epsilon": 0.5, "xi": 1e-4}), ("xvat", {})]
)
def test_entropy_of_the_clean_prediction_is_added(
    float64, semi, weight, method, given
):
    _, plain = loss_of(semi, method=method, **given)
    given = given | {"method": f"{method}ent", "entropy_weight": weight}
    _, total = loss_of(semi, **given)
    logits = (UNLABELED if semi else IMAGES) @ KERNEL
    entropy = -np.sum(softmax(logits, 1) * log_softmax(logits, 1), 1)
    assert total - plain == pytest.approx(weight * entropy.mean(), rel=1e-9)


# In eq. 13 the clean cross entropy is whole.
@pytest.mark.parametrize(
    "label_loss, eta, clean_weight", [("mixed", 0.25, 0.75), ("added", 2, 1)]
)
def test_at(float64, label_loss, eta, clean_weight):
    given = {"epsilon": 0.5, "eta": eta, "label_loss": label_loss}
    _, total = loss_of(True, method="at", **given)
    w = KERNEL[:, 0] - KERNEL[:, 1]
    away = np.where(LABELS == 0, -1, 1)[:, None] * w / np.linalg.norm(w)
    perturbed = cross_entropy(IMAGES + 0.5 * away).mean()
    expected = clean_weight * cross_entropy(IMAGES).mean() + eta * perturbed
    assert total == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("semi", [False, True])
@pytest.mark.parametrize(
    "divergence", ["kl_clean_perturbed", "kl_perturbed_clean"]
)
def test_xvat(float64, semi, divergence):
    values, total = loss_of(
        semi,
        method="xvat",
        divergence=divergence,
        eta=0.5,
        lambda_l0=3.0,
        mask_gain=2.0,
    )
    images = UNLABELED if semi else IMAGES
    z, l0 = masks(len(images))
    pair = (images, 2 * images * z)
    if divergence == "kl_perturbed_clean":
        pair = pair[::-1]
    np.testing.assert_allclose(values[tags.PERTURBED], kl(*pair), rtol=1e-7)
    np.testing.assert_allclose(values[tags.EXPECTED_L0], l0.mean(1), rtol=1e-7)
    np.testing.assert_allclose(values[tags.KEPT], (z > 0).mean(1), rtol=1e-7)
    expected = (
        cross_entropy(IMAGES).mean() + 0.5 * kl(*pair).mean() + 3 * l0.mean()
    )
    assert total == pytest.approx(expected, rel=1e-7)


def test_expected_l0_as_a_sum(float64):
    values, _ = loss_of(True, method="xvat", l0_reduction="sum")
    _, l0 = masks(3)
    np.testing.assert_allclose(values[tags.EXPECTED_L0], l0.sum(1), rtol=1e-7)


@pytest.mark.parametrize(
    "label_loss, clean_weight", [("mixed", 0.75), ("added", 1)]
)
@pytest.mark.parametrize("target", ["label", "prediction"])
def test_xat_reads_labels_only(float64, label_loss, clean_weight, target):
    """The documented command of the released code has the prediction."""
    _, total = loss_of(
        True,
        method="xat",
        eta=0.25,
        label_loss=label_loss,
        xat_target=target,
        divergence="kl_perturbed_clean",
    )
    z, l0 = masks(2)
    perturbed = cross_entropy(IMAGES * z)
    if target == "prediction":
        perturbed = kl(IMAGES * z, IMAGES)
    clean = clean_weight * cross_entropy(IMAGES).mean()
    expected = clean + 0.25 * perturbed.mean() + l0.mean()
    assert total == pytest.approx(expected, rel=1e-7)


BOTH = np.concatenate([UNLABELED, IMAGES])


@pytest.mark.parametrize("method", ["vat", "vatent"])
def test_vat_may_regularise_the_labeled_batch_too(float64, method):
    values, _ = loss_of(
        True, method=method, epsilon=0.5, xi=1e-4, regularised="all"
    )
    lds = kl(BOTH, BOTH + r_vadv(BOTH, 0.5))
    np.testing.assert_allclose(values[tags.PERTURBED], lds, rtol=1e-5)


def test_xvat_may_regularise_the_labeled_batch_too(float64):
    """Eq. 13: a mean over both; labeled rows count from the table's end."""
    values, total = loss_of(
        True,
        method="xvat",
        divergence="kl_clean_perturbed",
        eta=0.5,
        regularised="all",
    )
    z, l0 = masks(5, rows=[0, 1, 2, 4, 3])
    lds = kl(BOTH, BOTH * z)
    np.testing.assert_allclose(values[tags.PERTURBED], lds, rtol=1e-7)
    expected = cross_entropy(IMAGES).mean() + 0.5 * lds.mean() + l0.mean()
    assert total == pytest.approx(expected, rel=1e-7)


def test_supervised_training_regularises_the_labeled_batch_anyway(float64):
    _, one = loss_of(False, method="xvat")
    _, other = loss_of(False, method="xvat", regularised="all")
    assert one == other


def stepped(images, z, away_from, length):
    """Of two classes the logit of the other gains on that of `away_from`."""
    direction = (KERNEL[:, 1 - away_from] - KERNEL[:, away_from]).T * images
    direction[((z <= 0) & (direction < 0)) | ((z >= 1) & (direction > 0))] = 0
    norms = np.linalg.norm(direction, axis=1, keepdims=True)
    return np.clip(z + length * direction / norms, 0, 1)


@pytest.mark.parametrize("step, share", [(None, 1), (0, 0.5), (2, 0.75)])
def test_xvat_steps_its_masks_against_the_predicted_class(float64, step, share):
    values, _ = loss_of(
        True,
        step,
        method="xvat",
        divergence="kl_clean_perturbed",
        mask_step=0.4,
        growth_start=0.5,
        growth_steps=4,
    )
    z, l0 = masks(3)
    predicted = (UNLABELED @ KERNEL).argmax(axis=1)
    moved = stepped(UNLABELED, z, predicted, 0.4 * share)
    lds = kl(UNLABELED, UNLABELED * moved)
    np.testing.assert_allclose(values[tags.PERTURBED], lds, rtol=1e-4)
    np.testing.assert_allclose(
        values[tags.EXPECTED_L0], l0.mean(axis=1), rtol=1e-7
    )


def test_xat_steps_its_masks_against_the_label(float64):
    values, _ = loss_of(True, method="xat", mask_step=0.4)
    z, _ = masks(2)
    expected = cross_entropy(IMAGES * stepped(IMAGES, z, LABELS, 0.4))
    np.testing.assert_allclose(values[tags.PERTURBED], expected, rtol=1e-4)


@pytest.mark.parametrize("method", ["at", "vat", "vatent"])
def test_epsilon_grows(float64, method):
    growth = {"growth_start": 0.5, "growth_steps": 4}
    values, _ = loss_of(True, 2, method=method, epsilon=0.2, **growth)
    np.testing.assert_allclose(values[tags.NORM], 0.15, rtol=1e-4)
