"""What one does with every Keras model: it works, or a line says why not."""

import copy
import pickle

import keras
import numpy as np
import pytest
import tensorflow as tf

import xvat_tf
from tests.own_models import models
from tests.own_models.models import linear, refused


def new(method=None, unlabeled=None, seed=0, **options):
    trainer = xvat_tf.Trainer(
        models.functional(),
        method or xvat_tf.Mle(),
        unlabeled,
        seed=seed,
    )
    # Tracing a step takes longer than an eager one.
    given = {"optimizer": keras.optimizers.SGD(0.1), "run_eagerly": True}
    trainer.compile(**(given | options))
    return trainer


def fit(trainer, **options):
    return trainer.fit(
        models.images(), models.labels(), **({"verbose": 0} | options)
    )


def weights(trainer):
    return trainer.classifier.get_weights()


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("monitor", "better", "metrics"),
    [
        ("val_accuracy", np.greater, None),
        ("accuracy", np.greater, ["accuracy"]),
        ("val_cross_entropy", np.less, ["accuracy"]),
        ("val_loss", np.less, None),
    ],
)
def test_what_is_monitored_has_a_direction(monitor, better, metrics):
    kinds = keras.callbacks
    callbacks = [
        kinds.EarlyStopping(monitor),
        kinds.ReduceLROnPlateau(monitor),
        kinds.ModelCheckpoint("unused.keras", monitor, save_best_only=True),
    ]
    trainer = new(metrics=metrics)
    fit(trainer, epochs=0, callbacks=callbacks)
    for callback in callbacks:
        callback.set_model(trainer)
        callback._set_monitor_op()
        assert callback.monitor_op(2.0, 1.0) == better(2.0, 1.0)


def test_arguments_without_a_name_are_keras():
    """The third is the batch size, the fourth the number of epochs."""
    trainer = new()
    trainer.fit(models.images(), models.labels(), 8, 2, 0)
    assert int(trainer.optimizer.iterations) == 6


def test_batch_sizes_of_keras():
    trainer = new()
    for steps, size in ((1, None), (3, np.int64(12))):
        fit(trainer, batch_size=size)
        assert int(trainer.optimizer.iterations) == steps


def test_without_shuffling_batches_are_rows_in_order():
    """SGD on a linear model, by hand: rows 0-9, then 10-19, then 20-23, 0-5."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(24, 4)).astype("float32")
    y = models.labels()
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, use_bias=False, kernel_initializer="zeros"),
        ]
    )
    trainer = xvat_tf.Trainer(model, xvat_tf.Mle())
    trainer.compile(keras.optimizers.SGD(0.5), run_eagerly=True)
    trainer.fit(x, y, batch_size=10, shuffle=False, verbose=0)
    kernel = np.zeros((4, 3))
    for rows in np.split(np.arange(30) % 24, 3):
        logits = x[rows] @ kernel
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        kernel -= 0.5 * x[rows].T @ (p - np.eye(3)[y[rows]]) / 10
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-4)


def test_steps_per_execution_change_nothing():
    ends = []
    for count in (1, 3):
        trainer = new(steps_per_execution=count, run_eagerly=False)
        fit(trainer, batch_size=8, epochs=2)
        ends.append(weights(trainer))
    assert_same(*ends)


def test_steps_per_execution_that_leave_an_epoch_are_refused():
    trainer = new(xvat_tf.Mle(), steps_per_execution=4)
    message = "^steps_per_execution=4 does not divide the 9 steps of an epoch"
    refused(message, lambda: fit(trainer, steps_per_epoch=9))
    assert int(trainer.optimizer.iterations) == 0


def test_export_writes_the_classifier(tmp_path):
    trainer = new()
    fit(trainer)
    trainer.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(
        served.serve(models.images()),
        trainer.predict(models.images(), verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


def test_train_on_batch_is_a_step_of_fit():
    x, y = models.images(), models.labels()
    one, other = (new(xvat_tf.XVat(), models.images(1)) for _ in range(2))
    history = fit(one, batch_size=24, unlabeled_batch_size=24)
    logs = other.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], history.history["loss"], rtol=1e-5)
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert other.train_on_batch(x, y)[0] < logs["loss"]
    assert int(other.optimizer.iterations) == 2


def test_train_on_batch_names_labels_of_no_form():
    rows = [[1], [1, 2]]
    refused("^y ", lambda: new().train_on_batch(models.images()[:2], rows))


def test_evaluate_takes_options_in_the_order_of_keras():
    trainer, (x, y) = new(), (models.images(), models.labels())
    fit(trainer)
    weights = np.arange(len(y)) % 3.0
    expected = trainer.evaluate(x, y, verbose=0, sample_weight=weights)
    assert trainer.evaluate(x, y, 32, 0, weights) == expected


def test_train_on_batch_takes_unlabeled_arrays():
    data = models.batches(models.images())
    trainer = new(xvat_tf.XVat(), data)
    data = models.images(), models.labels()
    refused("^train_on_batch takes its", lambda: trainer.train_on_batch(*data))


@pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_trainer_is_not_copied(act):
    refused("cannot be pickled, copied or cloned", lambda: act(new()))


def test_numpy_seeds_are_seeds():
    ends = []
    for seed in (3, np.uint8(3)):
        trainer = new(xvat_tf.XVat(), seed=seed)
        fit(trainer)
        ends.append(weights(trainer))
    assert_same(*ends)
    new(seed=np.int64(3))
    for seed in (None, 1.5, -1, 2**32, "0"):
        refused(f"^seed={seed}", lambda seed=seed: new(seed=seed))


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"method": "vat"}, "^method=.*parentheses"),
        ({"method": xvat_tf.XVat}, "^method=.*parentheses"),
        ({"method": None}, "^method=.*parentheses"),
        ({"classifier": models.functional}, "^classifier must"),
        ({"classifier": None}, "^classifier must"),
        (
            {"generator": xvat_tf.InductiveGenerator},
            "^generator must.*given InductiveGenerator",
        ),
        (
            {"statistics": "unlabelled"},
            "^statistics=unlabelled is not known: choose",
        ),
    ],
)
def test_what_a_trainer_is_made_of(given, match):
    usual = {"classifier": linear(), "method": xvat_tf.XVat()}
    refused(match, lambda: xvat_tf.Trainer(**(usual | given)))


def test_a_generator_that_is_not_built_is_built():
    ends = []
    for built in (False, True):
        generator = xvat_tf.InductiveGenerator(layers=2, filters=3)
        if built:
            generator.build((None, models.SIDE, models.SIDE, 2), (None,))
        trainer = xvat_tf.Trainer(
            models.functional(), xvat_tf.XVat(), generator=generator
        )
        trainer.compile(keras.optimizers.SGD(0.1), "adam", run_eagerly=True)
        fit(trainer)
        ends.append(generator.get_weights())
    assert_same(*ends)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"loss": "mse"}, "^compile takes no loss='mse'.*the method's"),
        ({"loss_weights": [1]}, "the loss is the method's"),
        ({"optimiser": "adam"}, "^compile takes no optimiser='adam'"),
        ({"weighted_metrics": ["acc"]}, "^weighted_metrics takes no 'accur"),
        ({"steps_per_execution": 0}, "^steps_per_execution=0 must"),
        ({"optimizer": None}, "^optimizer=None is not an optimizer"),
        ({"optimizer": "adamm"}, "^optimizer='adamm' is not an optimizer"),
        ({"optimizer": keras.optimizers.Adam}, "^optimizer=.*not an optimizer"),
        ({"generator_optimizer": "mse"}, "^generator_optimizer='mse'.*loss"),
    ],
)
def test_options_of_compile(options, match):
    refused(match, lambda: new(**options))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"batchsize": 8}, "^fit takes no batchsize=8"),
        ({"workers": 4}, "^fit takes no workers=4"),
        ({"batch_size": 0}, "^batch_size=0 must"),
        ({"batch_size": 2.5}, "^batch_size=2.5 has the type float"),
        ({"unlabeled_batch_size": -1}, "^unlabeled_batch_size=-1 must"),
        ({"steps_per_epoch": 0}, "^steps_per_epoch=0 must"),
        ({"shuffle": "batch"}, "^shuffle=batch has the type str"),
        ({"class_weight": "balanced"}, "^class_weight must be a dict.*'bal"),
        ({"class_weight": {7: 1.0}}, "^class_weight of class 7 is 1.0"),
        ({"class_weight": {"0": 1.0}}, "^class_weight of class '0' is"),
        ({"class_weight": {0: -1.0}}, "^class_weight of class 0 is -1.0"),
        ({"class_weight": {0: np.nan}}, "^class_weight of class 0 is nan"),
    ],
)
def test_options_of_fit(options, match):
    refused(match, lambda: fit(new(), **options))


OPTIMIZERS = {
    "clipnorm": {"clipnorm": 0.1},
    "ema": {"use_ema": True, "ema_momentum": 0.5},
    "accumulation": {"gradient_accumulation_steps": 2},
}


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_with_options_train_as_in_keras(kind):
    """Cross entropy alone, the same rows in the same order as plain Keras."""
    # In a traced step an update is a branch.
    eager = kind != "accumulation"
    ends = []
    for plain in (True, False):
        model = linear()
        optimizer = keras.optimizers.SGD(0.5, **OPTIMIZERS[kind])
        if plain:
            model.compile(
                optimizer,
                keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                run_eagerly=eager,
            )
            trainer = model
        else:
            trainer = xvat_tf.Trainer(model, xvat_tf.Mle())
            trainer.compile(optimizer, run_eagerly=eager)
        trainer.fit(
            models.vectors(),
            models.labels(),
            batch_size=8,
            epochs=2,
            shuffle=False,
            verbose=0,
        )
        ends.append(model.get_weights())
    for one, other in zip(*ends, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["ema", "accumulation"])
def test_optimizers_with_options_train_masks(kind):
    """With masks too: of the generator's weights they know nothing."""
    trainer = xvat_tf.Trainer(linear(), xvat_tf.XVat())
    trainer.compile(
        keras.optimizers.Adam(0.01, **OPTIMIZERS[kind]),
        keras.optimizers.Adam(0.01, **OPTIMIZERS[kind]),
        run_eagerly=kind != "accumulation",
    )
    history = trainer.fit(
        models.vectors(), models.labels(), batch_size=8, epochs=2, verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()
    assert int(trainer.step.numpy()) == 6
    moved = trainer.generator_optimizer._trainable_variables
    if kind == "ema":
        averages = trainer.generator_optimizer._model_variables_moving_average
        assert_same([v.numpy() for v in moved], [v.numpy() for v in averages])


def test_accumulated_steps_have_noise_and_batches_of_their_own():
    """Six steps of three updates: no two of them see the same rows."""
    seen = models.Seen()
    model = keras.Sequential([seen, keras.layers.Dense(3)])
    trainer = xvat_tf.Trainer(model, xvat_tf.Mle())
    trainer.compile(
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=3),
        run_eagerly=True,
    )
    x = np.arange(24.0)[:, None].astype("float32")
    for _ in range(3):  # Each fit asks for its place anew.
        start = int(trainer.step.numpy())
        trainer.fit(x, models.labels(), batch_size=8, verbose=0)
        rows = np.concatenate(seen.columns[-3:])
        assert sorted(rows) == list(range(24)), start


def test_an_optimizer_of_other_weights_is_refused():
    adam = keras.optimizers.Adam()
    new(optimizer=adam)
    refused("^optimizer belongs to other weights", lambda: new(optimizer=adam))
    generator = xvat_tf.InductiveGenerator()
    trainer = xvat_tf.Trainer(linear(), xvat_tf.XVat(), generator=generator)
    both = keras.optimizers.Adam()
    trainer.compile(both, both)
    refused(
        "^generator_optimizer belongs to other weights",
        lambda: trainer.fit(models.vectors(), models.labels(), verbose=0),
    )


def test_layers_that_thaw_after_compile():
    model = models.functional()
    model.layers[2].trainable = False
    trainer = xvat_tf.Trainer(model, xvat_tf.Mle())
    trainer.compile("adam")
    model.layers[2].trainable = True
    refused("^optimizer belongs.*call compile", lambda: fit(trainer))
    trainer.compile("adam", run_eagerly=True)
    fit(trainer)
