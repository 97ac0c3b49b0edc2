"""A run that was cut ends with the bits of the run that was not."""

import shutil

import keras
import numpy as np
import pytest

import xvat_tf
from tests.own_models import models

EPOCHS, CUT = 2, 1


class Copy(keras.callbacks.Callback):
    """Keeps what a kill at the beginning of epoch 2 would leave."""

    def __init__(self, folder, copy):
        super().__init__()
        self.folder, self.copy = folder, copy

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == CUT:
            shutil.copytree(self.folder, self.copy)


def make(
    method=None,
    unlabeled=None,
    optimizer=None,
    generator_optimizer=None,
    eager=True,
    **options,
):
    """Dropout, batch statistics, and a generator that comes with the data.

    Eager but where the traced step is the question: tracing takes longer.
    """
    trainer = xvat_tf.Trainer(
        models.functional(),
        method or xvat_tf.XVat(generator_learning_rate=1e-2),
        models.images(1) if unlabeled is None else unlabeled,
        **options,
    )
    trainer.compile(
        optimizer or keras.optimizers.Adam(0.01),
        generator_optimizer,
        run_eagerly=eager,
    )
    return trainer


def run(trainer, callbacks=(), epochs=EPOCHS, x=None, **options):
    data = (models.images(), models.labels()) if x is None else (x,)
    sizes = {} if x is not None else {"batch_size": 12}
    trainer.fit(
        *data,
        unlabeled_batch_size=16,
        epochs=epochs,
        callbacks=list(callbacks),
        verbose=0,
        **sizes,
        **options,
    )
    return trainer


def state(trainer):
    parts = [trainer.classifier, trainer.generator, trainer.optimizer]
    parts += [trainer.average, trainer.memory]
    variables = [v for part in parts if part for v in part.variables]
    if trainer.generator is not None:
        variables += trainer.generator_optimizer.variables
    return [v.numpy() for v in variables]


def assert_same_state(one, other):
    for a, b in zip(state(one), state(other), strict=True):
        np.testing.assert_array_equal(a, b)


def assert_resumes(folder, make, **options):
    """From a copy made in epoch 2 another process goes the way of the run."""
    kept, copy = folder / "backup", folder / "copy"
    backup = keras.callbacks.BackupAndRestore
    whole = run(make(), [backup(kept), Copy(kept, copy)], **options)
    assert_same_state(whole, run(make(), [backup(copy)], **options))


# Each keeps several kinds of state.
CASES = {
    "table": {
        "method": xvat_tf.XVat(
            mask_model="transductive", generator_learning_rate=0.1
        )
    },
    # Two of three steps of an update are taken where it is cut.
    "temporal, accumulation": {
        "method": xvat_tf.Temporal(),
        "eager": False,
        "optimizer": lambda: keras.optimizers.Adam(
            0.01, gradient_accumulation_steps=3
        ),
    },
    "xvat, averages": {
        "ema_decay": 0.9,
        "eager": False,
        "optimizer": lambda: keras.optimizers.SGD(
            0.1, momentum=0.9, use_ema=True
        ),
        "generator_optimizer": lambda: keras.optimizers.Adam(0.01),
    },
}


def maker(case):
    given = CASES[case]
    return lambda: make(
        **{
            name: value() if "optimizer" in name else value
            for name, value in given.items()
        }
    )


@pytest.mark.parametrize("case", CASES)
def test_backup_and_restore(case, tmp_path):
    assert_resumes(tmp_path, maker(case))


DATASETS = {
    # Batches of labeled inputs, of unlabeled ones; an epoch ends within a
    # pass over the smaller set.
    "known": (lambda x: x, lambda u: u),
    "unknown": (lambda x: x.filter(lambda *_: True), lambda u: u),
    "endless": (lambda x: x, lambda u: u.repeat()),
    "both unknown": (
        lambda x: x.filter(lambda *_: True),
        lambda u: u.filter(lambda *_: True),
    ),
}


@pytest.mark.parametrize("kind", DATASETS)
def test_datasets_resume(kind, tmp_path, leave_to_full):
    leave_to_full(kind in ("endless", "unknown"))
    change_x, change_u = DATASETS[kind]
    x = change_x(models.batches(models.images(), models.labels()))
    unlabeled = change_u(models.batches(models.images(1), size=5))

    def new():
        sgd = keras.optimizers.SGD(0.1)
        return make(xvat_tf.Pi(), unlabeled, optimizer=sgd)

    options = {"steps_per_epoch": 3} if kind == "endless" else {}
    assert_resumes(tmp_path, new, x=x, **options)


def test_weights_of_a_checkpoint_go_on(tmp_path):
    """`ModelCheckpoint`, then `load_weights` before the first `fit`."""
    path = tmp_path / "e{epoch}.weights.h5"
    kept = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    whole = run(make(), [kept])
    resumed = make()
    resumed.load_weights(tmp_path / f"e{CUT}.weights.h5")
    run(resumed, initial_epoch=CUT)
    assert_same_state(whole, resumed)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A trainer after an epoch, and what its ways of saving write."""
    folder = tmp_path_factory.mktemp("saved")
    trainer = run(make(), epochs=1)
    trainer.save_weights(folder / "a.weights.h5")
    trainer.classifier.save_weights(folder / "alone.weights.h5")
    trainer.save(folder / "a.keras")
    assert len(list(folder.iterdir())) == 3
    return trainer, folder


@pytest.mark.parametrize("name", ["a", "alone"])
@pytest.mark.parametrize("into", ["a classifier", "a trainer"])
def test_either_file_of_weights_holds_the_classifier(trained, name, into):
    trainer, folder = trained
    other = make() if into == "a trainer" else models.functional()
    other.load_weights(folder / f"{name}.weights.h5")
    other = getattr(other, "classifier", other)
    for one, two in zip(
        other.get_weights(), trainer.classifier.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def test_with_weights_alone_training_begins(trained):
    other = make()
    other.load_weights(trained[1] / "alone.weights.h5")
    assert int(other.step.numpy()) == 0


def test_state_of_another_kind_is_named(trained):
    other = make(optimizer=keras.optimizers.SGD(0.1))
    other.load_weights(trained[1] / "a.weights.h5")
    with pytest.warns(UserWarning, match="its optimizer has another form"):
        run(other, epochs=1)
    assert int(other.step.numpy()) == 2


def test_save_writes_the_plain_classifier(trained):
    trainer, folder = trained
    restored = keras.models.load_model(folder / "a.keras")
    assert isinstance(restored, keras.Model)
    assert not isinstance(restored, xvat_tf.Trainer)
    x = models.images()
    np.testing.assert_array_equal(restored(x), trainer.classifier(x))


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("a.keras", {}, "must end in .weights.h5"),
        ("a.weights.json", {"max_shard_size": 1}, "must end in .weights.h5"),
        ("there.weights.h5", {"overwrite": False}, "exists"),
    ],
)
def test_files_that_are_not_written(name, options, match, tmp_path):
    (tmp_path / "there.weights.h5").touch()
    with pytest.raises(xvat_tf.UserError, match=match):
        make().save_weights(tmp_path / name, **options)
    assert (tmp_path / "there.weights.h5").stat().st_size == 0
