"""Every method on every kind of model and input that users bring."""

import keras
import numpy as np
import pytest
import tensorflow as tf

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
TABLES = ("xvat-table", "temporal")
every_method = pytest.mark.parametrize("method", METHODS)


def trainer_of(method, model, unlabeled=None, eager=False, **options):
    trainer = xvat_tf.Trainer(model, METHODS[method](), unlabeled, **options)
    trainer.compile(optimizer=keras.optimizers.Adam(0.01), run_eagerly=eager)
    return trainer


def assert_trained(trainer, history):
    """All numbers are finite and the classifier's weights have moved."""
    for name, values in history.history.items():
        assert np.isfinite(values).all(), name
    assert int(trainer.optimizer.iterations) > 0
    for variable in trainer.classifier.trainable_variables:
        assert np.isfinite(variable.numpy()).all()


MODELS = {
    "sequential": (models.sequential, models.images),
    "unbuilt": (models.unbuilt, models.images),
    "functional": (models.functional, models.images),
    "subclassed": (models.subclassed, models.images),
    "nested": (models.nested, models.images),
    "dense": (lambda: models.sequential((20,)), models.vectors),
    "1-d": (models.one_dimensional, models.sequences),
}


@every_method
@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_model(kind, method, leave_to_full):
    leave_to_full(kind != "subclassed" and method not in ("vat", "xvat-table"))
    make, inputs = MODELS[kind]
    # Compiled steps of one kind only: tracing takes longer than they do.
    trainer = trainer_of(
        method, make(), unlabeled=inputs(1), eager=kind != "subclassed"
    )
    history = trainer.fit(
        inputs(), models.labels(), batch_size=12, epochs=1, verbose=0
    )
    assert_trained(trainer, history)
    # 24 labeled in twelves, 24 unlabeled in one batch: two steps an epoch.
    assert int(trainer.optimizer.iterations) == 2


@every_method
def test_inputs_by_name(method):
    inputs = {"image": models.images(), "kind": models.labels() % 4}
    trainer = trainer_of(
        method, models.two_inputs(), inputs, perturb="image", eager=True
    )
    history = trainer.fit(
        inputs,
        models.labels(),
        validation_data=(inputs, models.labels()),
        verbose=0,
    )
    assert_trained(trainer, history)
    assert "val_loss" in history.history


@every_method
def test_datasets(method):
    if method in TABLES:
        pytest.skip("a table needs a row per input; see the next test")
    labeled = tf.data.Dataset.from_tensor_slices(
        (models.images(), models.labels())
    ).batch(5)
    unlabeled = tf.data.Dataset.from_tensor_slices(models.images(1)).batch(8)
    trainer = trainer_of(method, models.functional(), unlabeled, eager=True)
    history = trainer.fit(labeled, epochs=2, validation_data=labeled, verbose=0)
    assert_trained(trainer, history)
    # Five labeled batches are more than three unlabeled ones.
    assert int(trainer.optimizer.iterations) == 10


@pytest.mark.parametrize("method", TABLES)
def test_a_table_needs_arrays(method):
    data = tf.data.Dataset.from_tensor_slices(models.images()).batch(8)
    trainer = trainer_of(method, models.functional(), data)
    with pytest.raises(xvat_tf.UserError, match="a row per input"):
        trainer.fit(models.images(), models.labels(), verbose=0)


@every_method
@pytest.mark.parametrize("kind", ["column", "one-hot", "float"])
def test_labels_in_every_form_train_the_same(method, kind, leave_to_full):
    leave_to_full(kind != "one-hot" and method not in ("mle", "xat"))
    forms = {
        "integers": models.labels(),
        "column": models.labels()[:, None],
        "one-hot": np.eye(models.CLASSES)[models.labels()],
        "float": models.labels().astype("float32"),
    }
    losses = []
    for form in ("integers", kind):
        trainer = trainer_of(method, models.functional(), eager=True)
        history = trainer.fit(models.images(), forms[form], epochs=2, verbose=0)
        losses.append(history.history["loss"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)


@every_method
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
        class_weight={0: 2.0, 1: 0.5},
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
    trainer.compile(optimizer="adam", metrics=["accuracy"])
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


def test_fit_goes_on_where_it_ended():
    """Two epochs at once or one after the other take the same batches."""
    weights = []
    for epochs in ([2], [1, 1]):
        trainer = trainer_of(
            "xvat", models.functional(), models.images(1), eager=True
        )
        for count in epochs:
            trainer.fit(
                models.images(),
                models.labels(),
                batch_size=8,
                unlabeled_batch_size=8,
                epochs=count,
                verbose=0,
            )
        weights.append(trainer.classifier.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", ["vat", "xvat"])
def test_own_loop_of_pure_functions_gives_the_trainers_loss(method):
    """What the trainer reports for a batch, from the public functions."""
    x = tf.constant(models.images())
    y = tf.constant(models.labels(), tf.int32)
    model = models.sequential((models.SIDE, models.SIDE, 2))
    logits = model(x)
    loss = xvat_tf.cross_entropy(y, logits)
    expected = -tf.nn.log_softmax(logits).numpy()[np.arange(24), y]
    np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-6)
    if method == "vat":
        r = xvat_tf.virtual_adversarial_perturbation(
            model,
            x,
            logits,
            tf.random.stateless_normal(x.shape, [1, 2]),
            xi=1e-2,
            num_power_iterations=1,
            epsilon=0.5,
        )
        norms = np.linalg.norm(r.numpy().reshape(24, -1), axis=1)
        np.testing.assert_allclose(norms, 0.5, rtol=1e-5)
        return
    mask = tf.ones_like(x[..., :1])
    moved = xvat_tf.mask_divergence(model, x, mask, logits)
    np.testing.assert_allclose(moved, 0, atol=1e-6)
