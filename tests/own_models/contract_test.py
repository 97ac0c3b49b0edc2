"""Every method on every kind of model and input that users bring."""

import functools

import keras
import numpy as np
import pytest

import xvat_tf
from tests.own_models import models

METHODS = {
    "mle": xvat_tf.Mle,
    "at": lambda: xvat_tf.At(epsilon=0.5),
    "at-linf": lambda: xvat_tf.At(epsilon=0.1, norm="linf"),
    "vat": lambda: xvat_tf.Vat(epsilon=0.5),
    "vat-against": lambda: xvat_tf.Vat(
        epsilon=0.5, direction="against_prediction"
    ),
    "vatent": lambda: xvat_tf.VatEnt(epsilon=0.5),
    "xat": xvat_tf.XAt,
    "xvat": xvat_tf.XVat,
    "pi": xvat_tf.Pi,
    "temporal": xvat_tf.Temporal,
    "mean_teacher": xvat_tf.MeanTeacher,
    "xvat-table": lambda: xvat_tf.XVat(mask_model="transductive"),
}
# One of each kind of loss.
FEW = ("at", "vat", "xvat", "mean_teacher")


@pytest.fixture(params=METHODS)
def method(request, leave_to_full):
    """Of each kind of loss one; of most properties only one of these."""
    leave_to_full(request.param not in FEW)
    ones = request.function.__name__ == "test_one_logit"
    leave_to_full(ones and request.param not in ("at", "xvat"))
    return request.param


def trainer_of(method, model, unlabeled=None, eager=True, **options):
    """Its steps are eager: tracing takes longer than they do."""
    trainer = xvat_tf.Trainer(model, METHODS[method](), unlabeled, **options)
    trainer.compile(optimizer=keras.optimizers.SGD(0.1), run_eagerly=eager)
    return trainer


def assert_trained(trainer, history):
    """All numbers are finite and the classifier's weights have moved."""
    for name, values in history.history.items():
        assert np.isfinite(values).all(), name
    assert int(trainer.optimizer.iterations) > 0
    for variable in trainer.classifier.trainable_variables:
        assert np.isfinite(variable.numpy()).all()


# Each is trained by one method, the subclassed one by all.
MODELS = {
    "unbuilt": (models.unbuilt, models.images, "xvat-table"),
    "functional": (models.functional, models.images, "xvat"),
    "subclassed": (models.subclassed, models.images, ""),
    "nested": (models.nested, models.images, "vat"),
    "1-d": (models.one_dimensional, models.sequences, "vat"),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_model(kind, method, leave_to_full):
    make, inputs, one = MODELS[kind]
    leave_to_full(one not in ("", method))
    leave_to_full(one == "" and method not in FEW)
    eager = kind != "subclassed" or method != "xvat-table"
    trainer = trainer_of(method, make(), inputs(1), eager)
    history = trainer.fit(
        inputs(), models.labels(), batch_size=12, epochs=1, verbose=0
    )
    assert_trained(trainer, history)
    # 24 labeled in twelves, 24 unlabeled in one batch: two steps an epoch.
    assert int(trainer.optimizer.iterations) == 2


LABELS = {
    "integers": lambda y: y,
    "column": lambda y: y[:, None],
    "one-hot": lambda y: np.eye(models.CLASSES)[y],
    "float": lambda y: y.astype("float32"),
}


@functools.cache
def losses_of(method, form):
    """Of two epochs on labels of a form."""
    trainer = trainer_of(method, models.functional())
    y = LABELS[form](models.labels())
    return trainer.fit(models.images(), y, epochs=2, verbose=0).history["loss"]


@pytest.mark.parametrize("kind", ["column", "one-hot", "float"])
def test_labels_in_every_form_train_the_same(method, kind, leave_to_full):
    leave_to_full(method != "at")  # The others hand labels to the same loss.
    expected = losses_of(method, "integers")
    np.testing.assert_allclose(losses_of(method, kind), expected, rtol=1e-5)


def test_one_logit(method):
    """Two classes by one logit: the loss is that of the logits 0 and z."""
    binary = models.labels() % 2
    trainer = trainer_of(method, models.functional(outputs=1))
    trainer.compile(
        optimizer=keras.optimizers.SGD(0.0),
        run_eagerly=True,
        metrics=[keras.metrics.BinaryAccuracy("user", threshold=0.0)],
    )
    history = trainer.fit(
        models.images(), binary, batch_size=24, verbose=0
    ).history
    z = trainer.predict(models.images(), verbose=0)[:, 0]
    found = trainer.evaluate(
        models.images(), binary, verbose=0, return_dict=True
    )
    expected = np.mean(np.log1p(np.exp(-z * (2 * binary - 1))))
    np.testing.assert_allclose(found["loss"], expected, rtol=1e-5)
    right = np.mean((z > 0) == binary)
    for name in ("accuracy", "user"):
        np.testing.assert_allclose(found[name], right, rtol=1e-6)
    assert np.isfinite(history["loss"]).all()


def test_class_weights_multiply_sample_weights():
    """CE of weights w: the mean over the batch of w times the loss."""
    model = models.sequential()
    model.pop()
    model.add(keras.layers.Dense(models.CLASSES, kernel_initializer="zeros"))
    trainer = trainer_of("mle", model)
    trainer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    sample = np.linspace(0.5, 1.5, models.COUNT)
    history = trainer.fit(
        models.images(),
        models.labels(),
        batch_size=models.COUNT,
        sample_weight=sample,
        class_weight={0: 2, np.int64(1): 0.5},
        verbose=0,
    )
    weight = np.array([2.0, 0.5, 1.0])[models.labels()] * sample
    expected = np.log(models.CLASSES) * weight.mean()
    np.testing.assert_allclose(history.history["loss"], expected, rtol=1e-5)


def test_weight_regularizers_are_part_of_the_loss():
    model = models.sequential()
    model.pop()
    model.add(
        keras.layers.Dense(
            models.CLASSES,
            use_bias=False,
            kernel_initializer="ones",
            kernel_regularizer=keras.regularizers.L2(0.5),
        )
    )
    trainer = trainer_of("mle", model)
    trainer.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    history = trainer.fit(
        models.images(), models.labels(), batch_size=24, verbose=0
    ).history
    # Equal columns give equal logits: ln 3; and half of 24 ones.
    np.testing.assert_allclose(history["cross_entropy"], np.log(3), rtol=1e-5)
    np.testing.assert_allclose(history["loss"], np.log(3) + 12, rtol=1e-5)


def test_callbacks_and_validation_split(tmp_path):
    model = models.functional()
    trainer = trainer_of("xvat", model, models.images(1))
    trainer.compile("adam", metrics=["accuracy"], run_eagerly=True)
    path = tmp_path / "best.keras"
    history = trainer.fit(
        models.images(),
        models.labels(),
        batch_size=8,
        epochs=6,
        validation_split=0.25,
        verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(path, save_best_only=True),
            keras.callbacks.EarlyStopping(
                monitor="val_accuracy", patience=1, baseline=2.0
            ),
            keras.callbacks.TensorBoard(tmp_path / "logs"),
        ],
    )
    # Keras never stops after the first epoch.
    assert len(history.history["val_loss"]) == 2
    assert list((tmp_path / "logs").rglob("events*"))
    saved = keras.models.load_model(path)
    np.testing.assert_allclose(
        saved.predict(models.images(), verbose=0),
        model.predict(models.images(), verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


def test_an_objective_of_the_users_reads_unlabeled_inputs():
    """Also one with the options of a method that needs labels."""
    seen = []

    class Watching(xvat_tf.MaximumLikelihood):
        def perturbed_values(self, batch, logits, passes, noise):
            seen.append(batch["unlabeled_images"].shape)
            return {}

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    objective = Watching(xvat_tf.Mle())
    trainer = xvat_tf.Trainer(model, objective, np.ones((8, 3), "f4"))
    trainer.compile("sgd", run_eagerly=True)
    x, y = np.zeros((4, 3), "f4"), np.arange(4) % 2
    trainer.fit(x, y, batch_size=2, unlabeled_batch_size=8, verbose=0)
    assert set(seen) == {(8, 3)}
