"""Values of inputs, labels and weights: what is no number, class or weight."""

import warnings

import keras
import numpy as np
import pytest

import xvat_tf
from tests.own_models import models
from tests.own_models.models import batches, refused

SHAPE = (3,)
ROWS = 12


def rows():
    return np.random.default_rng(0).normal(size=(ROWS, *SHAPE)).astype("f4")


def classes(outputs=3):
    return np.arange(ROWS) % max(outputs, 2)


def trainer_of(outputs=3, unlabeled=None, jit_compile=False, method=None):
    model = keras.Sequential([keras.Input(SHAPE), keras.layers.Dense(outputs)])
    if method is None:
        # Without unlabeled inputs the values of labels are the question.
        perturbs = unlabeled is not None
        method = xvat_tf.Vat(epsilon=1.0) if perturbs else xvat_tf.Mle()
    trainer = xvat_tf.Trainer(model, method, unlabeled)
    # Tracing a step takes longer than an eager one.
    trainer.compile("sgd", jit_compile=jit_compile, run_eagerly=not jit_compile)
    return trainer


def with_one(array, value):
    """The same with one value in its last rows, far from the first batch."""
    changed = np.array(array, np.result_type(array, type(value)))
    changed[-1, ...] = value
    return changed


BAD_INPUTS = {"nan": np.nan, "infinite": -np.inf, "beyond": 1e300}


@pytest.mark.parametrize("value", BAD_INPUTS.values(), ids=BAD_INPUTS)
@pytest.mark.parametrize("form", ["array", "dataset"])
@pytest.mark.parametrize("where", ["x", "unlabeled", "validation_data: x"])
def test_inputs_are_finite(where, form, value, leave_to_full):
    leave_to_full(not np.isnan(value) and (where, form) != ("x", "array"))
    good, bad = rows(), with_one(rows().astype("f8"), value)
    x, unlabeled, validation = (
        bad if where == name else good
        for name in ("x", "unlabeled", "validation_data: x")
    )
    y = classes()
    validation = (validation, classes())
    if form == "dataset":
        unlabeled, validation = batches(unlabeled), batches(*validation)
        x, y = batches(x, y), None
    trainer = trainer_of(unlabeled=unlabeled)
    options = {"verbose": 0, "batch_size": 4, "validation_data": validation}
    match = f"^{where} has values that are NaN, infinite"
    refused(match, lambda: trainer.fit(x, y, **options))


def test_a_compiled_step_is_fed_with_checked_batches():
    trainer = trainer_of(jit_compile=True)
    data = batches(rows(), with_one(classes(), 3))
    refused("^y has the label 3", lambda: trainer.fit(data, verbose=0))
    # The checks let everything else through unchanged.
    history = trainer.fit(batches(rows(), classes()), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("form", [np.asarray, batches], ids=["array", "data"])
def test_unlabeled_inputs_of_another_scale_are_noticed(form):
    """255 times as large: somebody scaled the labeled ones alone."""
    said = "unlabeled is on another scale than x: .* Scale both alike"
    trainer = trainer_of(unlabeled=form(np.uint8(255 * (rows() > 0))))
    with pytest.warns(UserWarning, match=said):
        trainer.fit(rows(), classes(), verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # A mean of its own and a sixth of the size are no mistake.
        trainer_of(unlabeled=form(rows() / 6 + 0.1)).fit(
            rows(), classes(), verbose=0
        )


@pytest.mark.parametrize(
    "method", [xvat_tf.Mle(), xvat_tf.At(epsilon=1.0), xvat_tf.XAt()]
)
def test_unlabeled_inputs_that_are_not_read_are_noticed(method):
    classifier = trainer_of().classifier
    with pytest.warns(UserWarning, match=" reads labels alone: .*steps_"):
        xvat_tf.Trainer(classifier, method, unlabeled=rows())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xvat_tf.Trainer(classifier, method)
        xvat_tf.Trainer(classifier, xvat_tf.XVat(), unlabeled=rows())


BAD_CLASSES = {
    "above": (3, r"the label 3.*whole numbers from 0 to 2"),
    "unlabeled": (-1, "the label -1.* without a label go into unlabeled"),
    "negative": (-2, "the label -2.* from 0 to [12].$"),
    "fraction": (1.5, "the label 1.5"),
    "nan": (np.nan, "NaN"),
    "infinite": (np.inf, "infinite"),
}


@pytest.mark.parametrize("column", [False, True], ids=["list", "column"])
@pytest.mark.parametrize("form", ["array", "dataset", "validation", "evaluate"])
@pytest.mark.parametrize("value, match", BAD_CLASSES.values(), ids=BAD_CLASSES)
def test_labels_are_classes(value, match, form, column, leave_to_full):
    leave_to_full((column or form in ("validation", "evaluate")) and value != 3)
    labels = with_one(classes(), value)
    labels = labels[:, None] if column else labels
    trainer = trainer_of()
    good = (rows(), classes())
    calls = {
        "array": lambda: trainer.fit(rows(), labels, verbose=0),
        "dataset": lambda: trainer.fit(batches(rows(), labels), verbose=0),
        "validation": lambda: trainer.fit(
            *good, validation_data=(rows(), labels), verbose=0
        ),
        "evaluate": lambda: trainer.evaluate(rows(), labels, verbose=0),
    }
    refused(f"y has .*{match}", calls[form])


BAD_ROWS = {
    "several": ([1, 0, 1], r"\[1, 0, 1\], which adds up to 2"),
    "none": ([0, 0, 0], "adds up to 0"),
    "signs": ([1, 1, -1], r"\[1, 1, -1\]"),
    "percent": ([20, 30, 50], "adds up to 100"),
    "logits": ([0.2, -0.4, 1.2], "-0.4"),
    "nan": ([np.nan, 0, 1], "NaN"),
}


@pytest.mark.parametrize("form", ["array", "dataset"])
@pytest.mark.parametrize("row, match", BAD_ROWS.values(), ids=BAD_ROWS)
def test_rows_are_distributions(row, match, form, leave_to_full):
    leave_to_full(form == "dataset" and row[0] != 1)
    labels = np.eye(3)[classes()]
    labels[-1] = row
    data = (rows(), labels) if form == "array" else (batches(rows(), labels),)
    refused(f"y has .*{match}", lambda: trainer_of().fit(*data, verbose=0))


@pytest.mark.parametrize(
    "labels",
    [
        np.eye(3, dtype="f2")[classes()] * np.float16(0.7) + np.float16(0.1),
        np.full((ROWS, 3), 0.33),
        np.eye(3, dtype=bool)[classes()],
        classes().astype("u1"),
        classes().astype("f2"),
        classes() > 0,
    ],
    ids=["smoothed", "two digits", "bool rows", "uint8", "float16", "bool"],
)
def test_what_is_a_class_or_a_distribution_is_taken(labels):
    history = trainer_of().fit(rows(), labels, verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("value", [-0.1, 1.2, 2.0, np.nan])
def test_probabilities_of_one_output(value):
    labels = with_one(classes(1).astype("f4"), value)
    refused("^y has", lambda: trainer_of(1).fit(rows(), labels, verbose=0))
    history = trainer_of(1).fit(rows(), 0.8 * classes(1), verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_text_and_maps_of_labels():
    words = np.array(list("abc"))[classes()]
    for data in ((rows(), words), (batches(rows(), words),)):
        refused("^y holds text.*unique", lambda d=data: trainer_of().fit(*d))
    maps = np.zeros((ROWS, 4, 4), int)
    refused("has shape .12, 4, 4.", lambda: trainer_of().fit(rows(), maps))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
@pytest.mark.parametrize("form", ["array", "dataset"])
def test_weights_are_finite_and_not_negative(form, value):
    weights = with_one(np.ones(ROWS), value)
    data = (rows(), classes(), weights)
    options = {"sample_weight": weights} if form == "array" else {}
    data = data[:2] if form == "array" else (batches(*data),)
    refused(
        "^sample_weight has",
        lambda: trainer_of().fit(*data, verbose=0, **options),
    )


def test_a_named_input_that_is_not_finite():
    inputs = {"image": models.images(), "kind": models.labels() % 4}
    bad = inputs | {"image": with_one(models.images(), np.inf)}
    trainer = xvat_tf.Trainer(
        models.two_inputs(), xvat_tf.XVat(), bad, perturb="image"
    )
    trainer.compile("sgd", run_eagerly=True)
    refused(
        "^unlabeled has values", lambda: trainer.fit(inputs, models.labels())
    )
