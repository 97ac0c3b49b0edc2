"""xVAT with a table of log alpha on MLPSemi."""

from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from tests.golden.conv13 import values_by_name
from tests.golden.perceptron import mask_values
from tests.golden.recorded_case import TRAJECTORY, RecordedCase
from tests.golden.recorded_training import make_batch, precision, tensor
from xvat_tf.perturbations import HardConcrete
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute
from xvat_tf.settings import resolve
from xvat_tf.training import schedules

_CASES, _OPTIMIZERS = ("t1", "t2", "t3"), ("adam", "sgd", "sgdbig")
_CHANGE = 1e-4


def check(
    arrays: Mapping[str, np.ndarray], cases: Iterable[str] = _CASES
) -> list[Quantity]:
    """Compares cases and all optimizers of the table in double precision."""
    with precision("float64"):
        quantities = []
        for name in cases:
            values = mask_values(arrays, name) | {"mask_model": "transductive"}
            case = _Case(arrays, name, resolve(values).method)
            quantities += case.check_one_step()
            for optimizer in _OPTIMIZERS:
                quantities += case.check_trajectory(optimizer)
    return quantities


class _Case(RecordedCase):
    def check_one_step(self):
        """Losses, gradients and masks of the first batch."""
        classifier, objective = self._build()
        step = self.first_step(classifier, objective)
        yield from self.check_losses(step, objective)
        rows = step.generator_gradients[0][self.arrays["index"][0]]
        yield from self.check_gradients(classifier, step, log_alpha=rows)
        if self.has("mask_f32"):
            mask = self._first_mask(objective.generator)
            yield from self.where_recorded("mask_f32", mask)

    def check_trajectory(self, kind):
        """All recorded steps with one optimizer of the table."""
        classifier, objective = self._build()
        before = values_by_name(classifier)
        found = self.train(classifier, objective, self._optimizer(kind))
        after = values_by_name(classifier)
        for key, value in (
            ("total_loss", found["total_loss"]),
            ("ul_loss", found["ul_loss"]),
            ("delta_norms", self.norms(after, before)),
            ("final_fc3_b", after["fc3_b"]),
        ):
            yield self.relative(f"{kind}_{key}_f64", value, TRAJECTORY)
        yield from self._check_table(kind, objective.generator)

    def _check_table(self, kind, generator):
        change = generator.table.numpy() - self.arrays["log_alpha"]
        prefix = f"{kind}_log_alpha_change"
        rows = np.linalg.norm(change.reshape(len(change), -1), axis=1)
        yield self.relative(f"{prefix}_row_norms_f64", rows, _CHANGE)
        key = f"{prefix}d_entries_f64"
        count = np.sum(change != 0)
        yield absolute(f"{self.name}_{key}", count, self.of(key), 0.0)
        if self.has(f"{prefix}_f64"):
            yield self.relative(f"{prefix}_f64", change, _CHANGE)

    def _optimizer(self, kind):
        """Adam is the program's choice for the table, SGD the paper's."""
        rate = float(self.arrays["lr_a_big" if kind == "sgdbig" else "lr_a"])
        return schedules.generator_optimizer(kind.removesuffix("big"), rate)

    def _build(self):
        pool = self.arrays["x_pool"]
        return self.build(pool.shape[1:], len(pool), ["log_alpha"])

    def batch(self, i):
        arrays, rows = self.arrays, self.arrays["index"][i]
        labeled = arrays["x_l"][i], arrays["y_l"][i], arrays["u"][i]
        return make_batch(*labeled, arrays["x_pool"][rows], rows)

    def _first_mask(self, generator):
        method = self.method
        concrete = HardConcrete(method.beta, method.gamma, method.zeta)
        rows = tf.constant(self.arrays["index"][0])
        noise = tensor(self.arrays["u"][0])
        return concrete.sample_from_noise(generator(None, rows), noise)
