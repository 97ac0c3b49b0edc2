"""Every kind of run, continued from what a kill leaves, ends bit for bit.

The run takes a step in a call; its continuation takes several, and gathers
its images as on a GPU.

The disk of a run at some step, copied, is what SIGKILL at that step leaves;
`tests/faults/stops.py` sends the signal itself.
"""

import shutil
import zlib

import numpy as np
import pytest

from tests import run_folders
from xvat_tf import training
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve
from xvat_tf.training import experiment

STEPS = 12
FIRST = 4  # The first checkpoint: that of the first evaluation.
TINY = {
    "batch_size": 4,
    "ul_batch_size": 6,
    "num_epochs": 3,
    "num_iter_per_epoch": 4,
    "epoch_decay_start": 2,
    "eval_freq": 1,
    # Neither divides the other: checkpoints fall between two points.
    "log_freq": 3,
    "checkpoint_steps": 5,
    "panel_freq": 0,
    "keep_checkpoints": 2,
}
VARIANTS = [
    *({"method": method} for method in ("mle", "at", "vat", "vatent")),
    *(
        {"method": method, "mask_model": mask_model}
        for method in ("xat", "xvat")
        for mask_model in ("inductive", "transductive")
    ),
    {
        "method": "xvatent",
        "mask_model": "transductive",
        "generator_optimizer": "adam",
        "optimizer": "sgd",
        "lr_schedule": "exponential",
    },
    {
        "method": "xvat",
        "mask_model": "transductive",
        "regularised": "all",
    },
    {"method": "pi", "ema_decay": 0.9},
    {"method": "mean_teacher"},
    {"method": "temporal", "num_unlabeled_examples": 8},
]
KINDS = {
    "digits": {"hidden_sizes": (8,)},
    "moons": {},
    "arrays": {
        "network": "mlp",
        "hidden_sizes": (8,),
        "num_labeled_examples": 15,
        "aug_trans": True,
        "aug_flip": True,
    },
}
CNN = {"network": "cnn", "width": 0.1, "keep_prob_hidden": 0.5, "top_bn": True}


@pytest.fixture(scope="module")
def arrays_file(tmp_path_factory):
    rng = np.random.default_rng(1)
    path = tmp_path_factory.mktemp("arrays") / "images.npz"

    def images(count):
        return rng.integers(0, 256, (count, 12, 12, 1)).astype(np.uint8)

    np.savez(
        path,
        x_train=images(30),
        y_train=np.arange(30) % 3,
        x_test=images(15),
        y_test=np.arange(15) % 3,
        x_unlabeled=images(20),
    )
    return str(path)


@pytest.fixture
def check(tmp_path, monkeypatch, arrays_file):
    """Trains, again from a copy made at a random step, and compares."""

    def train(settings, path, copy=None, at=None):
        class Bar(experiment.callbacks.ShownProgress):
            def on_train_batch_end(self, batch, logs=None):
                if self.model.steps_done == at:
                    shutil.copytree(path, copy)

        with monkeypatch.context() as patched:
            patched.setattr(experiment.callbacks, "ShownProgress", Bar)
            folder = RunFolder(path)
            folder.open(settings)
            training.run(settings, folder, training.prepare_data(settings))

    def run(kind, at=None, **given):
        given = TINY | {"dataset": kind} | KINDS[kind] | given
        if kind == "arrays":
            given["arrays_file"] = arrays_file
        if at is None:
            key = repr(sorted(given.items())).encode()
            at = FIRST + 1 + zlib.crc32(key) % (STEPS - FIRST)
        whole, cut = tmp_path / "a", tmp_path / "b"
        train(resolve(given | {"steps_per_execution": 1}), whole, cut, at)
        assert any((cut / "checkpoints").iterdir()) == (at > FIRST)
        monkeypatch.setattr(experiment, "_on_gpu", lambda: True)
        train(resolve(given | {"steps_per_execution": 3}), cut)
        run_folders.assert_same(cut, whole)
        assert int(run_folders.arrays(cut)["optimizer/0"]) == STEPS

    return run


@pytest.mark.parametrize("supervised", [False, True], ids=["semi", "all"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "variant", VARIANTS, ids=lambda v: "-".join(map(str, v.values()))
)
def test_continued_equals_uninterrupted(
    check, leave_to_full, variant, kind, supervised
):
    number = VARIANTS.index(variant)
    one = list(KINDS)[number % len(KINDS)], bool(number // len(KINDS) % 2)
    # These keep nothing that others do not keep too; the state of
    # ("xvat", "inductive") is in the test of growth, of the table in Adam's.
    alike = [("mle",), ("at",), ("vat",), ("vatent",), ("pi", 0.9)]
    alike += [("xvat", "transductive", "all")]
    alike += [
        (method, mask_model)
        for method in ("xat", "xvat")
        for mask_model in ("inductive", "transductive")
    ]
    leave_to_full((kind, supervised) != one or tuple(variant.values()) in alike)
    check(kind, supervised=supervised, **variant)


def test_killed_before_the_first_checkpoint(check):
    check("moons", at=FIRST, method="mle")


def test_growth_and_hidden_noise_continue(check):
    growth = {"growth_start": 0.4, "growth_steps": 9}
    check("digits", hidden_noise=0.3, method="xvat", mask_step=1.0, **growth)


def test_dropout_and_batch_norm_continue(check):
    check("arrays", method="mle", **CNN)
