"""The robustness report: counted by hand, and on a linear classifier."""

import re
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.analysis import masks
from xvat_tf.analysis.evaluation_report import robustness_table
from xvat_tf.analysis.robustness import additive, measuring
from xvat_tf.analysis.robustness.subject import Subject
from xvat_tf.data.scaling import RangeScaler
from xvat_tf.settings import resolve


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Tracing an attack takes longer than its steps on two numbers."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


# Logits (3 x0 - 4 x1, 0): label 0 where that is above 0.
WEIGHTS = np.array([[3.0, 0.0], [-4.0, 0.0]], np.float32)


def _images(gaps):
    """Points on the line along (3, -4) with the given logit gaps."""
    along = np.array([[3.0, -4.0]]) / 25
    return (np.array(gaps)[:, np.newaxis] * along).astype(np.float32)


GAPS = (0.3, 0.9, 1.2, -0.6, -2.0, 5.0)
LABELS = np.array([0, 0, 0, 1, 1, 1], np.int32)


@pytest.fixture
def classifier():
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, use_bias=False)]
    )
    model.set_weights([WEIGHTS])
    return model


@pytest.fixture
def subject():
    return Subject(lambda x: x @ WEIGHTS, _images(GAPS), LABELS)


def test_accuracy_success_and_norm_are_counted(subject):
    """Five of six are right. Negated, one of six is: the one that was not."""
    assert subject.accuracy == 5 / 6
    row = subject.row("negated", -subject.images, kept=0.5)
    assert row["accuracy"] == 1 / 6
    assert row["success"] == 1.0
    # The point of gap g lies g / 5 from 0.
    assert row["l2"] == pytest.approx(2 * np.mean(np.abs(GAPS)) / 5, rel=1e-6)
    assert (row["kept"], row["norm"], row["epsilon"]) == (0.5, None, None)
    same = subject.row("nothing", subject.images)
    assert (same["accuracy"], same["success"], same["l2"]) == (5 / 6, 0.0, 0.0)


def test_nothing_can_be_fooled_that_was_wrong():
    subject = Subject(lambda x: x @ WEIGHTS, _images([1.0]), np.array([1]))
    assert subject.row("nothing", subject.images)["success"] is None


def test_attacks_fool_a_linear_classifier_within_the_dual_norm(
    subject, classifier
):
    """A gap falls by 7 epsilon in L-inf and by 5 epsilon in L2."""
    rows = additive.rows(
        subject,
        classifier,
        {"linf": (0.05,), "l2": (0.2,)},
        steps=5,
        batch_size=4,
        bounds=None,
    )
    found = {(r["perturbation"], r["norm"], r["epsilon"]): r for r in rows}
    assert len(found) == 7
    # Falls of 0.35 and of 1.0; the gaps are 0.3, 0.9, 1.2, 0.6, 2 and, wrong,
    # 5.
    for name in ("FGSM", "PGD"):
        for norm, epsilon, count in (("linf", 0.05, 4), ("l2", 0.2, 2)):
            row = found[name, norm, epsilon]
            assert row["accuracy"] == count / 6, row
            assert row["success"] == pytest.approx(1 - count / 5)
            longest = epsilon * (np.sqrt(2) if norm == "linf" else 1)
            assert row["l2"] == pytest.approx(longest, rel=1e-3)
    # Without labels the step is as long, its side that of its start.
    virtual = found["virtual adversarial", "l2", 0.2]
    assert virtual["l2"] == pytest.approx(0.2, rel=1e-4)
    assert virtual["accuracy"] >= found["PGD", "l2", 0.2]["accuracy"]
    noise = found["random noise", "linf", 0.05]
    assert noise["l2"] == pytest.approx(0.05 * np.sqrt(2), rel=1e-5)
    assert noise["accuracy"] >= 1 / 6


def test_a_report_repeats_itself_and_keeps_to_the_range(subject, classifier):
    def rows():
        return additive.rows(
            subject,
            classifier,
            {"l2": (5.0,)},
            steps=3,
            batch_size=6,
            bounds=(-1.0, 1.0),
        )

    found = rows()
    assert found == rows()
    # No entry moves by more than 2, the images are at most 1 from 0.
    assert all(row["l2"] <= 2 * np.sqrt(2) for row in found)


def test_default_radii_are_in_widths_of_the_range():
    images = np.array([[-0.1, 0.1]] * 3)
    centered = measuring.default_epsilons(images, (-0.5, 0.5))
    assert centered == {
        "linf": (0.01, 0.03, 0.1, 0.2),
        "l2": (0.25, 0.5, 1.0, 2.0),
    }
    # Without a range: four standard deviations, here 0.4.
    free = measuring.default_epsilons(images, None)
    assert free["l2"] == (0.1, 0.2, 0.4, 0.8)
    assert free["linf"] == (0.004, 0.012, 0.04, 0.08)


@pytest.fixture
def measured(classifier):
    """Measures three of the images as if of a run of given settings."""

    def measure(radii, **given):
        return measuring.measure(
            _restored(classifier, given), radii, steps=2, num_images=3
        )

    return measure


def _restored(classifier, given):
    return types.SimpleNamespace(
        settings=resolve({"dataset": "digits", **given}),
        data=types.SimpleNamespace(
            test_images=_images(GAPS),
            test_labels=LABELS,
            image_shape=(2,),
            scaler=RangeScaler(-0.5),
        ),
        classifier=classifier,
        generator=None,
    )


def test_a_table_has_no_masks_for_these_images(measured):
    given = {"method": "xvat", "mask_model": "transductive"}
    [note] = measured({"linf": (0.1,), "l2": (0.1,)}, **given)["notes"]
    assert note.startswith("the run's masks are rows of a table")


def test_a_run_without_masks_says_so(measured):
    report = measured({"linf": (0.05,), "l2": None}, method="vat")
    # Evenly spread: the first, the third and the last.
    assert report["num_images"] == 3 and report["accuracy"] == 2 / 3
    masks = [row for row in report["rows"] if row["norm"] is None]
    assert [row["perturbation"] for row in masks] == [
        "random mask, keeps 90%",
        "random mask, keeps 70%",
        "random mask, keeps 50%",
    ]
    assert {row["epsilon"] for row in report["rows"]} == {
        None,
        0.05,
        0.25,
        0.5,
        1.0,
        2.0,
    }
    assert report["notes"] == ["vat learns no masks."]


def test_controls_keep_what_they_should():
    rng = np.random.default_rng(0)
    mask = rng.random((5, 4, 3, 1)).astype(np.float32)
    share = masks.kept_share(mask)
    np.testing.assert_allclose(share, mask.mean(axis=(1, 2, 3)), rtol=1e-6)
    moved = masks.shuffled(mask, np.random.default_rng(1))
    np.testing.assert_allclose(masks.kept_share(moved), share)
    other = masks.swapped(mask, np.random.default_rng(1))
    assert sorted(other[:, 0, 0, 0]) == sorted(mask[:, 0, 0, 0])
    assert not any((a == b).all() for a, b in zip(other, mask, strict=True))


def test_coins_keep_the_share_of_each_image():
    share = np.array([0.0, 0.25, 1.0])
    coins = masks.bernoulli(share, (100, 40), np.random.default_rng(2))
    assert set(np.unique(coins)) == {0.0, 1.0}
    kept = coins.mean(axis=(1, 2))
    assert kept[0] == 0 and kept[2] == 1
    # Five standard deviations of 4,000 coins.
    assert kept[1] == pytest.approx(0.25, abs=5 * np.sqrt(0.1875 / 4000))


def test_table():
    content = {
        "num_images": 3,
        "evaluated_on": "test",
        "steps": 4,
        "bounds": None,
        "accuracy": 2 / 3,
        "rows": [
            {
                "perturbation": "PGD",
                "norm": "linf",
                "epsilon": 0.1,
                "kept": None,
                "l2": 0.25,
                "accuracy": 1 / 3,
                "success": 0.5,
            }
        ],
        "notes": ["mle learns no masks."],
    }
    lines = robustness_table(content).splitlines()
    assert lines[0] == "robustness on 3 test images"
    cells = ["PGD, L∞", "0.1", "–", "0.250", "33.33%", "50.00%"]
    assert re.split("  +", lines[3]) == cells
    assert "not clipped" in lines[6]
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "note: mle learns no masks."
