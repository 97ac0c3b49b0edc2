import keras
import numpy as np
import pytest

from xvat_tf.models import BatchNorm
from xvat_tf.training.evaluation import checkpoint, metrics
from xvat_tf.training.evaluation.evaluator import Predictor


def logits(*rows):
    return np.log(np.array(rows))


def test_report_by_hand():
    found = metrics.report(
        logits([0.8, 0.2], [0.4, 0.6], [0.9, 0.1]), np.array([0, 0, 0])
    )
    assert found["num_examples"] == 3
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["nll"] == pytest.approx(-np.log(0.8 * 0.4 * 0.9) / 3)
    assert found["confusion_matrix"] == [[2, 1], [0, 0]]
    # One image a bin: (|1 - 0.8| + |0 - 0.6| + |1 - 0.9|) / 3.
    assert found["calibration_error"] == pytest.approx(0.3)


def test_calibration_averages_within_a_bin():
    # 0.62 and 0.64 share the bin (9/15, 10/15]; one right, one wrong.
    found = metrics.calibration_error(
        logits([0.62, 0.38], [0.64, 0.36]), np.array([0, 1])
    )
    assert found == pytest.approx(abs(0.5 - 0.63))


def test_certain_and_right_is_calibrated():
    found = metrics.calibration_error(
        np.array([[800.0, 0.0], [0.0, 800.0]]), np.array([0, 1])
    )
    assert found == 0


def test_predictor_covers_every_image():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    images = np.random.default_rng(0).normal(size=(7, 2)).astype("float32")
    found = Predictor(model, batch_size=3)(images)
    np.testing.assert_allclose(found, model(images), rtol=1e-6)


def test_reestimation_moves_statistics_to_those_of_the_images():
    model = keras.Sequential([keras.Input((1,)), BatchNorm(decay=0.5)])
    images = np.full((4, 1), 8.0, "float32")
    assert checkpoint.has_statistics(model)
    checkpoint.reestimate_statistics(model, images, batch_size=2, steps=2)
    np.testing.assert_allclose(model.layers[0].moving_mean, [6.0])


def test_statistics_are_found_in_nested_models_only_if_there():
    plain = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    inner = keras.Sequential([keras.Input((1,)), BatchNorm()])
    assert not checkpoint.has_statistics(plain)
    assert checkpoint.has_statistics(keras.Sequential([inner]))
