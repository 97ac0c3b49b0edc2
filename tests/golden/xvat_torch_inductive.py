"""xVAT and xAT with the one-filter generator on MLPSemi."""

from collections.abc import Iterable, Mapping

import numpy as np

from tests.golden import bars
from tests.golden.conv13 import gradients_by_name, values_by_name
from tests.golden.perceptron import mask_values
from tests.golden.recorded_case import TRAJECTORY, RecordedCase
from tests.golden.recorded_training import make_batch, precision
from xvat_tf.records.tags import EXPECTED_L0
from xvat_tf.reference.side_by_side.quantity import Quantity, relative
from xvat_tf.settings import resolve
from xvat_tf.training import schedules

SEMI, SUPERVISED = ("s1", "s2", "s3", "s4"), ("a1", "a2")
_STATISTICS = ("fc1_mean", "fc1_var", "fc2_mean", "fc2_var")
_GENERATOR = ["gen_W", "gen_b"]
# Of the generator's change: one step of 1e-6 leaves few digits.
_CHANGE = 1e-4


def check(
    arrays: Mapping[str, np.ndarray], cases: Iterable[str] = SEMI + SUPERVISED
) -> list[Quantity]:
    """Compares cases in double precision."""
    rate = float(arrays["lr_a"])
    with precision("float64"):
        quantities = []
        for name in cases:
            case = _case(arrays, name)
            quantities += case.check_one_step()
            supervised = name in SUPERVISED
            quantities += case.check_trajectory(
                "traj", 0.0 if supervised else rate
            )
            if supervised:
                quantities += case.check_trajectory("ascend", rate)
    return quantities


def _case(arrays, name):
    """The program's xAT with `dis` "kl" weighs its clean cross entropy by
    1 - alpha, our xVAT by 1: their loss is `scale` times one of ours.
    """
    values, scale = mask_values(arrays, name), 1.0
    distance = f"{name}_dis"
    if distance in arrays and str(arrays[distance]) == "ce":
        values["method"] = "xat"
    elif distance in arrays:
        values["divergence"] = "kl_perturbed_clean"
        scale = 1 - values["eta"]
        values["eta"] /= scale
        values["lambda_l0"] /= scale
    return _Case(arrays, name, resolve(values).method, scale)


class _Case(RecordedCase):
    def check_one_step(self):
        """Losses, gradients, masked images, statistics."""
        classifier, objective = self._build()
        step = self.first_step(classifier, objective)
        yield from self.check_losses(step, objective)
        kernel, bias = step.generator_gradients
        fc3_w = gradients_by_name(classifier, step)["fc3_W"]
        yield from self.check_gradients(
            classifier, step, fc3_W=fc3_w, gen_W=kernel, gen_b=bias
        )
        yield from self.where_recorded("masked_f32", step.perturbed_images)
        if self.has("log_alpha_f32"):
            batch = self.batch(0)
            images = batch.get("unlabeled_images", batch["images"])
            log_alpha = objective.generator(images)
            yield from self.where_recorded("log_alpha_f32", log_alpha)
            cost = step.values[EXPECTED_L0]
            yield self.relative("log_alpha_l0_loss_f64", cost, bars.LOSS)
        yield from self._check_statistics("step0", classifier)

    def check_trajectory(self, kind, rate):
        """All recorded steps; `rate` is the generator's."""
        classifier, objective = self._build()
        before = values_by_name(classifier)
        optimizer = schedules.generator_optimizer("adam", rate)
        found = self.train(classifier, objective, optimizer)
        for key in ("total_loss", "ul_loss", "ce_loss"):
            if self.has(f"{kind}_{key}_f64"):
                recorded = f"{kind}_{key}_f64"
                yield self.relative(recorded, found[key], TRAJECTORY)
        for i, key in enumerate(_GENERATOR):
            start = self.arrays[key]
            expected = self.of(f"{kind}_{key}_f64") - start
            change = found[f"generator/{i}"] - start
            name = f"{self.name}_{kind}_{key}, change"
            yield relative(name, change, expected, _CHANGE)
        if kind == "traj":
            yield from self._check_final(before, classifier)

    def _check_final(self, before, classifier):
        after = values_by_name(classifier)
        for key, value in (
            ("final_norms", self.norms(after)),
            ("delta_norms", self.norms(after, before)),
        ):
            yield self.relative(f"traj_{key}_f64", value, TRAJECTORY)
        for key in ("fc3_b", "fc3_W"):
            yield from self.where_recorded(f"traj_final_{key}_f64", after[key])
        yield from self._check_statistics("traj_final", classifier)

    def _check_statistics(self, kind, classifier):
        if self.method.name == "xat":
            return  # The program's masked pass updates them too.
        values = values_by_name(classifier)
        for key in _STATISTICS:
            value = values[key.replace("fc", "b")]
            yield from self.where_recorded(f"{kind}_bn_{key}_f64", value)

    def _build(self):
        return self.build(self.arrays["x_l"].shape[2:], 0, _GENERATOR)

    def batch(self, i):
        arrays, noise = self.arrays, self.arrays["u"][i]
        unlabeled = arrays["x_u"][i]
        if self.name in SUPERVISED:
            return make_batch(unlabeled, arrays["y_u"][i], noise)
        return make_batch(arrays["x_l"][i], arrays["y_l"][i], noise, unlabeled)
