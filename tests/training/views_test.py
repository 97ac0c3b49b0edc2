"""Views of hand-made masks and of a linear classifier, by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.data import PreparedData, Split
from xvat_tf.data.scaling import FloatScaler, RangeScaler, ZcaScaler
from xvat_tf.data.zca import fit_zca, flatten
from xvat_tf.errors import UserError
from xvat_tf.models import build_classifier
from xvat_tf.perturbations import InferencePasses
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective, views

LABELS = np.int32([2, 0, 2, 1, 0, 1])
LABELED = np.int64([7, 3, 9, 1, 5, 2])
UNLABELED = np.int64([1, 2, 3, 5, 6, 7, 9])  # 0, 4 and 8 are held out.


def prepared(labels=LABELS):
    """Training image i has the value i."""
    values = np.arange(10, dtype=np.float32).reshape(10, 1, 1, 1)
    labeled = LABELED[: len(labels)]
    return PreparedData(
        labeled_images=values[labeled],
        labeled_labels=labels,
        unlabeled_images=values[UNLABELED],
        test_images=values[:0],
        test_labels=labels[:0],
        num_classes=3,
        split=Split(labeled, np.int64([0, 4, 8]), UNLABELED),
        scaler=FloatScaler(0.0, 10.0),
        basis=None,
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("uses_unlabeled", [False, True])
def test_probes_are_one_labeled_image_per_class(seed, uses_unlabeled):
    data = prepared()
    probes = views.choose_probes(data, uses_unlabeled=uses_unlabeled, seed=seed)
    assert probes.labels.tolist() == [0, 1, 2]
    in_table = data.unlabeled_images if uses_unlabeled else data.labeled_images
    np.testing.assert_array_equal(in_table[probes.rows], probes.images)
    np.testing.assert_array_equal(probes.images.ravel(), probes.positions)
    of = dict(zip(LABELED, LABELS, strict=True))
    assert [of[p] for p in probes.positions] == [0, 1, 2]


def test_probes_follow_from_the_seed():
    def positions(seed):
        return views.choose_probes(
            prepared(), uses_unlabeled=True, seed=seed
        ).positions.tolist()

    assert positions(1) == positions(1)
    assert len({tuple(positions(seed)) for seed in range(20)}) > 1


def test_probes_of_few_or_many_classes():
    data = prepared(np.int32([2, 0, 2]))  # Class 1 has no labeled image.
    probes = views.choose_probes(data, uses_unlabeled=True, seed=1)
    assert probes.labels.tolist() == [0, 2]
    two = views.choose_probes(prepared(), uses_unlabeled=True, seed=1, count=2)
    assert len(two.labels) == 2 and np.all(np.diff(two.labels) > 0)


class GivenNoise:
    """Noise written down."""

    def normal(self, like):
        return tf.constant([[3.0, 4.0], [1.0, 0.0]], like.dtype)

    def uniform(self, like):
        return tf.constant([[0.5, 0.5], [1.0, 0.0]], like.dtype)


@pytest.mark.parametrize("method", ["xat", "xvat"])
def test_masks_by_hand(method):
    settings = resolve(
        {"dataset": "digits", "method": method, "mask_gain": 2.0}
    ).method
    # sigmoid(ln 3) = 3/4, stretched to 1.2 * 3/4 - 0.1 = 0.8.
    alpha = np.array([[0.66 * np.log(3), 0.0], [0.0, 0.0]])
    images = np.array([[0.5, -1.0], [0.25, 3.0]])
    objective = make_objective(
        settings, lambda images, rows: tf.gather(tf.constant(alpha), rows)
    )
    rows, passes = np.int32([0, 1]), InferencePasses(linear_classifier())
    shown = objective.display(
        tf.constant(images), rows, rows, passes, GivenNoise()
    )
    np.testing.assert_array_equal(shown.log_alpha, alpha)
    np.testing.assert_allclose(shown.noise_free, [[0.8, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(shown.sample, [[0.8, 0.5], [1, 0]])
    np.testing.assert_allclose(shown.perturbed, [[0.8, -1], [0.5, 0]])
    assert shown.kernel is None
    parts = [v for v in vars(shown).values() if v is not None]
    assert all(isinstance(part, np.ndarray) for part in parts)


def linear_classifier():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, use_bias=False)]
    )
    model.set_weights([np.array([[1.0, -1.0], [0.0, 0.0]])])
    return model


@pytest.mark.parametrize("method", ["at", "vat", "vatent"])
def test_additive_perturbation_by_hand(method):
    # Only the first coordinate moves the prediction.
    settings = resolve(
        {"dataset": "digits", "method": method, "epsilon": 0.5, "xi": 0.1}
    ).method
    images = np.float32([[1.0, 2.0], [-1.0, 0.5]])
    labels, passes = np.int32([0, 1]), InferencePasses(linear_classifier())
    shown = make_objective(settings).display(
        tf.constant(images), labels, None, passes, GivenNoise()
    )
    # at: away from the label; vat: along the start direction.
    expected = [-0.5, 0.5] if method == "at" else [0.5, 0.5]
    np.testing.assert_allclose(shown.r[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(shown.r[:, 1], 0, atol=1e-6)
    np.testing.assert_allclose(shown.perturbed, images + shown.r)


@pytest.mark.parametrize(
    ("dataset", "image_shape", "expected"),
    [
        ("moons", (100,), {"first": "dense", "last": "logits"}),
        (
            "svhn",
            (32, 32, 3),
            {"first": "conv1", "middle": "conv6", "last": "logits"},
        ),
    ],
)
def test_three_kernels(dataset, image_shape, expected):
    settings = resolve(
        {"dataset": dataset, "hidden_sizes": (4, 5), "width": 0.03}
    )
    model = build_classifier(settings.network, image_shape, 10, 0)
    found = views.three_kernels(model)
    if dataset == "moons":  # Keras numbers unnamed layers.
        assert found["first"].layer.startswith(expected.pop("first"))
        assert found.pop("first").weights.shape == (100, 100)
    assert {place: kernel.layer for place, kernel in found.items()} == expected
    last = model.get_layer("logits").get_weights()[0]
    np.testing.assert_array_equal(found["last"].weights, last)


def test_pictures_of_whitened_images_are_the_images():
    images = np.random.RandomState(0).randint(0, 256, (300, 2, 2, 3), np.uint8)
    scaler = ZcaScaler(fit_zca(flatten(images)), "float64")
    white = scaler(images)
    shown = views.pictures(scaler, white)
    assert shown.dtype == np.float32
    np.testing.assert_allclose(shown, images / 255, atol=1e-6)
    # A change of the whitened image is shown as the change of the pixels.
    other = scaler(images[::-1].copy())
    changes = views.picture_changes(scaler, other - white)
    known = (images[::-1].astype(float) - images) / 255
    np.testing.assert_allclose(changes, known, atol=1e-5)


def test_picture_changes_are_neither_moved_nor_cut():
    r = np.array([-3.0, 0.5, 3.0]).reshape(3, 1, 1, 1)
    shown = views.picture_changes(RangeScaler(-0.5), r)
    np.testing.assert_allclose(shown.ravel(), [-3, 0.5, 3])
    shown = views.picture_changes(FloatScaler(-1.0, 1.0), r)
    np.testing.assert_allclose(shown.ravel(), [-1.5, 0.25, 1.5])


def test_vectors_have_no_pictures():
    assert not views.has_pictures((100,))
    assert not views.has_pictures((8, 8, 2))
    assert views.has_pictures((8, 8, 1)) and views.has_pictures((8, 8, 3))
    for show in (views.pictures, views.picture_changes):
        with pytest.raises(UserError, match=r"\(100,\).*no pictures"):
            show(FloatScaler(0.0, 1.0), np.zeros((2, 100)))
