"""A constant that differs from the references' puts something outside."""

import sys

import keras
import pytest

from tests.golden import xvat_torch_inductive
from tests.golden.files import FILES
from xvat_tf.models import BatchNorm
from xvat_tf.perturbations import HardConcrete, multiplicative
from xvat_tf.training import Trainer, schedules


def _outside(recorded, name, *which):
    module, _ = FILES[name]
    found = module.check(recorded(name), *which)
    return {q.name for q in found if not q.inside}


@pytest.fixture
def one_case(monkeypatch):
    """Of the inductive file, the case s2 alone."""
    monkeypatch.setattr(xvat_torch_inductive, "_ALL", ("s2",))


def test_epsilon_of_batch_norm(recorded, monkeypatch):
    plain = BatchNorm.build

    def build(self, shape):
        plain(self, shape)
        self.epsilon *= 1.01

    monkeypatch.setattr(BatchNorm, "build", build)
    outside = _outside(recorded, "vat_tf_cnn", [("float64", True, True)])
    assert "topbn1_bnrandom1_logits_train (float64)" in outside


def test_decay_of_batch_norm(recorded, monkeypatch, one_case):
    plain = BatchNorm.build

    def build(self, shape):
        plain(self, shape)
        self.decay -= 1e-4

    monkeypatch.setattr(BatchNorm, "build", build)
    monkeypatch.setattr(xvat_torch_inductive, "_ALL", ("s1",))
    outside = _outside(recorded, "xvat_torch_inductive")
    assert "s1_step0_bn_fc1_var_f64" in outside


def test_direction_of_the_divergence(recorded, monkeypatch):
    table = sys.modules["xvat_tf.perturbations.divergences"]._DIVERGENCES
    reverse = table["kl_perturbed_clean"]
    monkeypatch.setitem(table, "kl_clean_perturbed", reverse)
    outside = _outside(recorded, "vat_tf_losses")
    assert {"kl (float64)", "kl (float32)"} <= outside


def test_epsilon_of_adam(recorded, monkeypatch, one_case):
    plain = schedules.FusedAdam

    def adam(*args):
        optimizer = plain(*args)
        optimizer.epsilon = 1e-7
        return optimizer

    monkeypatch.setattr(schedules, "FusedAdam", adam)
    outside = _outside(recorded, "xvat_torch_inductive")
    assert "s2_traj_total_loss_f64" in outside
    assert not {name for name in outside if "traj" not in name}


def test_the_generator_ascends(recorded, monkeypatch, one_case):
    def descend(self, tape, total):
        variables = (
            self.classifier.trainable_variables,
            self.generator.trainable_variables,
        )
        down, up = tape.gradient(total, variables)
        self.optimizer.apply(down, variables[0])
        self.generator_optimizer.apply(up, variables[1])

    monkeypatch.setattr(Trainer, "_apply", descend)
    outside = _outside(recorded, "xvat_torch_inductive")
    assert "s2_traj_gen_W, change" in outside


def test_threshold_of_the_mask(recorded, monkeypatch):
    monkeypatch.setattr(HardConcrete, "threshold", property(lambda _: -1.58))
    outside = _outside(recorded, "xvat_torch_mask")
    assert "mnist_beta0_l0_loss (float64)" in outside


def test_slope_of_leaky_relu_in_single_precision(recorded, monkeypatch):
    from xvat_tf.models import blocks

    monkeypatch.setattr(blocks.LeakyReLU, "call", keras.layers.LeakyReLU.call)
    assert "lrelu (float64)" in _outside(recorded, "vat_tf_losses")


def test_sum_for_mean_of_the_expected_l0(recorded, monkeypatch, one_case):
    plain = multiplicative.per_example
    monkeypatch.setattr(
        "xvat_tf.perturbations.per_example",
        lambda values, reduction: plain(values, "sum"),
    )
    outside = _outside(recorded, "xvat_torch_inductive")
    assert "s2_ul_loss_f64" in outside
