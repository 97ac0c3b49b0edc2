"""Averaged weights: by hand, in the step, in a run folder, for one's own."""

import keras
import numpy as np
import pytest

import xvat_tf
from tests import run_folders
from tests.own_models import models
from tests.training import toy
from xvat_tf import evaluate, export, train, training
from xvat_tf.analysis import runs, states
from xvat_tf.analysis.claims import auditing
from xvat_tf.analysis.missing import Missing
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.records.metrics_log import best_step
from xvat_tf.settings import resolve
from xvat_tf.training.averaging import WeightAverage
from xvat_tf.training.weights import read_checkpoint, read_newest

DECAY = 0.7
TINY = {
    "dataset": "digits",
    "method": "mle",
    "hidden_sizes": (8,),
    "num_epochs": 2,
    "num_iter_per_epoch": 5,
    "eval_freq": 1,
    "panel_freq": 0,
}


def floats(model):
    return [v.numpy() for v in model.variables if "float" in v.dtype]


def test_at_first_it_is_the_mean_of_all_weights():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.set_weights([np.array([[8.0]]), np.array([0.0])])
    average = WeightAverage(network, decay=0.7)
    found = []
    for step, value in enumerate([4.0, 6.0, -2.0, 10.0], start=1):
        network.set_weights([np.array([[value]]), np.array([0.0])])
        average.move(step)
        found.append(float(average.variables[0].numpy().item()))
    # (8 + 4) / 2, (8 + 4 + 6) / 3, then 0.7 of the last and 0.3 of the new.
    np.testing.assert_allclose(found, [6, 6, 3.6, 5.52], rtol=1e-6)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "xla"])
def test_every_step_moves_it_and_it_moves_nothing(compiled):
    plain = toy.toy_trainer("vat", toy.toy_classifier())
    trainer = toy.toy_trainer(
        "vat", toy.toy_classifier(), jit_compile=compiled, ema_decay=DECAY
    )
    expected = floats(trainer.classifier)
    for step in (1, 2, 3, 4):
        plain.train_step(toy.toy_batch())
        trainer.train_step(toy.toy_batch())
        kept = min(DECAY, 1 - 1 / (step + 1))
        pairs = zip(expected, floats(trainer.classifier), strict=True)
        expected = [kept * mean + (1 - kept) * new for mean, new in pairs]
    found = [variable.numpy() for variable in trainer.average.variables]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    pairs = zip(
        plain.classifier.variables, trainer.classifier.variables, strict=True
    )
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = RunFolder(tmp_path_factory.mktemp("averaged") / "run")
    settings = resolve(TINY | {"ema_decay": 0.9})
    folder.open(settings)
    training.run(settings, folder, training.prepare_data(settings))
    return folder


def test_a_run_records_both_and_is_evaluated_with_either(run, capsys):
    recorded = run_folders.metrics(run.path)[-1]["test"]
    results = run.results()
    assert results["final_accuracy"] == recorded["accuracy/top1"]
    assert len(results["averaged"]) == 3
    averaged = recorded["accuracy/averaged_top1"]
    assert results["averaged"]["final_accuracy"] == averaged
    assert averaged != results["final_accuracy"]
    settings = run.read_settings()
    for name, other in (("raw", "averaged"), ("averaged", "raw")):
        restored = training.restore(settings, run, "latest", name)
        before = floats(restored.classifier)
        found = training.evaluate_run(
            restored, finetune_iter=0, finetune_batch_size=1
        )
        numbers = {name: found["accuracy"], other: found[other]["accuracy"]}
        assert numbers["raw"] == results["final_accuracy"]
        assert numbers["averaged"] == averaged
        for one, two in zip(before, floats(restored.classifier), strict=True):
            np.testing.assert_array_equal(one, two)
    flags = [f"--log_dir={run.path}", "--weights=averaged", "--finetune_iter=0"]
    assert evaluate.main(flags) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "weights averaged" in said
    assert f"accuracy {100 * averaged:.2f} %" in said
    final = 100 * results["final_accuracy"]
    assert f"accuracy, raw weights {final:.2f} %" in said


def test_export_chooses(run, tmp_path):
    flags = [f"--log_dir={run.path}", f"--out={tmp_path / 'out'}"]
    assert export.main([*flags, "--weights=averaged"]) == 0
    model = keras.models.load_model(tmp_path / "out" / "classifier.keras")
    arrays = run_folders.arrays(run.path)
    for i, weight in enumerate(floats(model)):
        np.testing.assert_array_equal(weight, arrays[f"average/{i}"])
    card = (tmp_path / "out" / "README.md").read_text()
    assert "with averaged weights (decay 0.9)" in card


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A run whose method is evaluated with averaged weights."""
    path = tmp_path_factory.mktemp("taught") / "run"
    flags = [f"--{n}={v}" for n, v in TINY.items() if n != "hidden_sizes"]
    more = ["--hidden_sizes=8", "--method=mean_teacher", "--ema_decay=0.9"]
    more += ["--snapshot_epochs=1", "--learning_rate=0.01"]
    assert train.main([*flags, *more, f"--log_dir={path}"]) == 0
    return RunFolder(path)


def test_figures_and_audit_see_the_averaged_weights(taught):
    run = runs.read(taught.path)
    networks = states.Networks(run)
    files = [read_newest(taught), *states.history(run, "masks", Missing())]
    for weights in files:
        networks.load(weights)
        # Averaged are those of a state that does not draw.
        expected = weights.averaged().arrays
        for i, variable in enumerate(networks.classifier.variables):
            np.testing.assert_array_equal(variable, expected[f"classifier/{i}"])
    assert [weights.step for weights in files] == [10, 0, 5, 10]
    last = run_folders.metrics(taught.path)[-1]["test"]
    found = auditing.audit(run, run.method, 1)
    assert found["accuracy"] == last["accuracy/averaged_top1"]


def test_training_ends_with_the_accuracy_of_averaged_weights(taught, capsys):
    text = train._table(taught.results(), taught)
    final = 100 * taught.results()["averaged"]["final_accuracy"]
    assert "test accuracy of averaged weights, final" in text
    assert f"{final:.2f} %" in text


def test_the_best_step_is_that_of_the_weights_of_the_method(taught):
    tags = ("accuracy/top1", "accuracy/averaged_top1")
    lines = [
        {"step": step, "test": dict(zip(tags, found, strict=True))}
        for step, *found in ((1, 0.9, 0.2), (2, 0.3, 0.8), (3, 0.3, 0.8))
    ]
    assert best_step(lines, "raw") == 1
    assert best_step(lines, "averaged") == 2
    recorded = run_folders.metrics(taught.path)
    best = read_checkpoint(taught, "best")
    assert best.step == best_step(recorded, "averaged")


@pytest.fixture
def trainer():
    made = xvat_tf.Trainer(models.functional(), xvat_tf.Mle(), ema_decay=0.9)
    made.compile(keras.optimizers.Adam(0.05), run_eagerly=True)
    data = models.images(), models.labels()
    history = made.fit(*data, epochs=3, validation_data=data, verbose=0)
    assert {"val_averaged_loss", "val_averaged_accuracy"} <= set(
        history.history
    )
    return made


def test_ones_own_model_is_measured_and_saved_with_either(trainer, tmp_path):
    x, y = models.images(), models.labels()
    raw = floats(trainer.classifier)
    both = trainer.evaluate(x, y, return_dict=True, verbose=0)
    with trainer.averaged_weights():
        alone = trainer.evaluate(x, y, return_dict=True, verbose=0)
        trainer.save(tmp_path / "averaged.keras")
    assert both["averaged_loss"] == pytest.approx(alone["loss"], rel=1e-5)
    assert both["averaged_accuracy"] == pytest.approx(alone["accuracy"])
    assert both["loss"] != pytest.approx(both["averaged_loss"], rel=1e-3)
    loaded = keras.models.load_model(tmp_path / "averaged.keras")
    means = [variable.numpy() for variable in trainer.average.variables]
    for one, other in zip(floats(loaded), means, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(floats(trainer.classifier), raw, strict=True):
        np.testing.assert_array_equal(one, other)


def test_there_is_an_average_only_if_it_was_asked_for():
    trainer = xvat_tf.Trainer(models.functional(), xvat_tf.Mle())
    with pytest.raises(UserError, match="no averaged weights: give Trainer"):
        trainer.averaged_weights()
    for wrong in (1.0, -0.1, float("nan"), "0.9", True):
        with pytest.raises(UserError, match="^ema_decay="):
            xvat_tf.Trainer(models.functional(), xvat_tf.Mle(), ema_decay=wrong)
