"""xVAT with a table of log alpha on MLPSemi."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tests.golden import bars
from tests.golden.adam_forms import PyTorchEpsilon
from tests.golden.conv13 import gradients_by_name, values_by_name
from tests.golden.perceptron import build_perceptron, mask_values
from tests.golden.recorded_training import (
    Recorded,
    make_batch,
    precision,
    recorded_step,
    tensor,
    unlabeled_loss,
)
from xvat_tf.models import build_generator
from xvat_tf.perturbations import HardConcrete
from xvat_tf.records.tags import CROSS_ENTROPY, TOTAL
from xvat_tf.reference.side_by_side.gradient_step import take_step
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute, relative
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer, make_objective, schedules

_CASES, _OPTIMIZERS = ("t1", "t2", "t3"), ("adam", "sgd", "sgdbig")
_CHANGE = 1e-4
_TRAJECTORY = 1e-6


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares all cases and optimizers of the table in double precision."""
    with precision("float64"):
        quantities = []
        for name in _CASES:
            case = _Case(arrays, name)
            quantities += case.check_one_step()
            for optimizer in _OPTIMIZERS:
                quantities += case.check_trajectory(optimizer)
    return quantities


class _Case:
    """One recorded case."""

    def __init__(self, arrays, name):
        self._arrays, self._name = arrays, name
        values = mask_values(arrays, name) | {"mask_model": "transductive"}
        self._method = resolve(values).method

    def check_one_step(self):
        """Losses, gradients and masks of the first batch."""
        classifier, objective = self._build()
        step = recorded_step(classifier, objective, self._batch(0))
        for key, value in _losses(step.values, objective).items():
            yield self._relative(f"{key}_f64", value, bars.LOSS)
        gradients = gradients_by_name(classifier, step)
        names = self._arrays["names"].tolist()
        norms = [np.linalg.norm(gradients[name]) for name in names]
        rows = step.generator_gradients[0][self._arrays["index"][0]]
        for key, value in (
            ("grad_norms", norms),
            ("grad_fc3_b", gradients["fc3_b"]),
            ("grad_log_alpha", rows),
        ):
            yield self._relative(f"{key}_f64", value, bars.STORED)
        if f"{self._name}_mask_f32" in self._arrays:
            mask = self._first_mask(objective.generator)
            yield self._relative("mask_f32", mask, bars.STORED)

    def check_trajectory(self, kind):
        """All recorded steps with one optimizer of the table."""
        classifier, objective = self._build()
        before = values_by_name(classifier)
        losses = self._train(classifier, objective, self._optimizer(kind))
        for key in ("total_loss", "ul_loss"):
            values = [row[key] for row in losses]
            yield self._relative(f"{kind}_{key}_f64", values, _TRAJECTORY)
        after = values_by_name(classifier)
        names = self._arrays["names"].tolist()
        changes = [np.linalg.norm(after[n] - before[n]) for n in names]
        yield self._relative(f"{kind}_delta_norms_f64", changes, _TRAJECTORY)
        bias = after["fc3_b"]
        yield self._relative(f"{kind}_final_fc3_b_f64", bias, _TRAJECTORY)
        yield from self._check_table(kind, objective.generator)

    def _check_table(self, kind, generator):
        change = generator.table.numpy() - self._arrays["log_alpha"]
        prefix = f"{kind}_log_alpha_change"
        rows = np.linalg.norm(change.reshape(len(change), -1), axis=1)
        yield self._relative(f"{prefix}_row_norms_f64", rows, _CHANGE)
        key = f"{prefix}d_entries_f64"
        yield absolute(
            f"{self._name}_{key}", np.sum(change != 0), self._of(key), 0.0
        )
        if f"{self._name}_{prefix}_f64" in self._arrays:
            yield self._relative(f"{prefix}_f64", change, _CHANGE)

    def _train(self, classifier, objective, table_optimizer):
        values = {"dataset": "mnist", "learning_rate": self._number("lr")}
        optimizer = schedules.classifier_optimizer(resolve(values).train)
        trainer = Trainer(classifier, Recorded(objective))
        trainer.compile(optimizer, table_optimizer)
        epsilons = [
            PyTorchEpsilon(adam)
            for adam in (optimizer, table_optimizer)
            if hasattr(adam, "epsilon")
        ]
        losses = []
        for i in range(len(self._arrays["x_l"])):
            for epsilon in epsilons:
                epsilon.before_step()
            step = take_step(trainer, self._batch(i))
            losses.append(_losses(step, objective))
        return losses

    def _optimizer(self, kind):
        """Adam is the program's choice for the table, SGD the paper's."""
        if kind == "adam":
            step_size = self._number("lr_a")
            return schedules.generator_optimizer("adam", step_size)
        key = "lr_a_big" if kind == "sgdbig" else "lr_a"
        return schedules.generator_optimizer("sgd", self._number(key))

    def _build(self):
        arrays = self._arrays
        shape = arrays["x_pool"].shape[1:]
        classifier = build_perceptron(shape, arrays["weights_seed"], arrays)
        table = build_generator(self._method, shape, len(arrays["x_pool"]), 0)
        table.table.assign(arrays["log_alpha"])
        return classifier, make_objective(self._method, table)

    def _batch(self, i):
        arrays, rows = self._arrays, self._arrays["index"][i]
        return make_batch(
            arrays["x_l"][i],
            arrays["y_l"][i],
            arrays["u"][i],
            arrays["x_pool"][rows],
            rows,
        )

    def _first_mask(self, generator):
        method = self._method
        concrete = HardConcrete(method.beta, method.gamma, method.zeta)
        rows = tf.constant(self._arrays["index"][0])
        noise = tensor(self._arrays["u"][0])
        return concrete.sample_from_noise(generator(None, rows), noise)

    def _number(self, key):
        return float(self._arrays[key])

    def _of(self, key):
        return self._arrays[f"{self._name}_{key}"]

    def _relative(self, key, found, bar):
        return relative(f"{self._name}_{key}", found, self._of(key), bar)


def _losses(values, objective):
    """Under the program's names."""
    return {
        "ce_loss": values[CROSS_ENTROPY],
        "ul_loss": unlabeled_loss(values, objective),
        "total_loss": values[TOTAL],
    }
