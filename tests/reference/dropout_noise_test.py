"""The noise given to the official program is the one our passes draw."""

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.models import build_classifier
from xvat_tf.perturbations import TrainingPasses
from xvat_tf.reference.vat_tf.our_side import kept_units
from xvat_tf.settings import resolve


def test_kept_units_are_those_of_every_step():
    network = resolve({"dataset": "svhn", "width": 0.02}).network
    classifier = build_classifier(network, (12, 12, 3), 10, seed=4)
    dropouts = [
        layer
        for layer in classifier.layers
        if isinstance(layer, keras.layers.Dropout)
    ]
    flat = [keras.layers.Flatten()(d.output) for d in dropouts]
    shown = keras.Model(classifier.inputs, keras.layers.Concatenate()(flat))
    widths = [f.shape[1] for f in flat]
    kept = kept_units(classifier, 2, {2, 3})
    assert set(kept) == {f"dropout/{i}/{n}" for i in (0, 1) for n in (2, 3)}
    labeled, unlabeled = (
        tf.random.stateless_normal((n, 12, 12, 3), [n, 0]) for n in (2, 3)
    )
    for step in range(2):
        passes = TrainingPasses(shown, tf.GradientTape())
        found = {
            2: passes.stateful(labeled),
            3: passes.traceless(unlabeled),
        }
        for size, outputs in found.items():
            for i, output in enumerate(tf.split(outputs, widths, axis=1)):
                expected = kept[f"dropout/{i}/{size}"][step]
                np.testing.assert_array_equal(
                    output.numpy() != 0, expected.reshape(size, -1)
                )
                assert 0 < expected.mean() < 1


def test_no_dropout_no_noise():
    network = resolve(
        {"dataset": "svhn", "width": 0.02, "keep_prob_hidden": 1.0}
    ).network
    classifier = build_classifier(network, (12, 12, 3), 10, seed=4)
    assert kept_units(classifier, 2, {2}) == {}
