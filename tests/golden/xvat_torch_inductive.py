"""xVAT and xAT with the one-filter generator on MLPSemi."""

import dataclasses
from collections.abc import Mapping

import keras
import numpy as np

from tests.golden import bars
from tests.golden.adam_forms import PyTorchEpsilon
from tests.golden.conv13 import gradients_by_name, values_by_name
from tests.golden.perceptron import build_perceptron, mask_values
from tests.golden.recorded_training import (
    Recorded,
    make_batch,
    precision,
    recorded_step,
    unlabeled_loss,
)
from xvat_tf.models import build_generator
from xvat_tf.records.tags import CROSS_ENTROPY, EXPECTED_L0, TOTAL
from xvat_tf.reference.side_by_side.gradient_step import take_step
from xvat_tf.reference.side_by_side.quantity import Quantity, relative
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer, make_objective, schedules

SEMI, SUPERVISED = ("s1", "s2", "s3", "s4"), ("a1", "a2")
_ALL = SEMI + SUPERVISED
_STATISTICS = ("fc1_mean", "fc1_var", "fc2_mean", "fc2_var")
# Of the generator's change: one step of 1e-6 leaves few digits.
_CHANGE = 1e-4
_TRAJECTORY = 1e-6


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares all cases in double precision."""
    with precision("float64"):
        quantities = []
        for name in _ALL:
            case = _Case(arrays, name)
            quantities += case.check_one_step()
            step_size = 0.0 if name in SUPERVISED else float(arrays["lr_a"])
            quantities += case.check_trajectory("traj", step_size)
            if name in SUPERVISED:
                step_size = float(arrays["lr_a"])
                quantities += case.check_trajectory("ascend", step_size)
    return quantities


@dataclasses.dataclass
class _Case:
    """One recorded case.

    The program's xAT with `dis` "kl" weighs its clean cross entropy by
    1 - alpha, our xVAT by 1: their loss is `scale` times one of ours.
    """

    arrays: Mapping[str, np.ndarray]
    name: str
    scale: float = dataclasses.field(init=False, default=1.0)

    def __post_init__(self):
        values = mask_values(self.arrays, self.name)
        if self._has("dis") and str(self._of("dis")) == "ce":
            values["method"] = "xat"
        elif self._has("dis"):
            values["divergence"] = "kl_perturbed_clean"
            self.scale = 1 - values["eta"]
            values["eta"] /= self.scale
            values["lambda_l0"] /= self.scale
        self._method = resolve(values).method

    def check_one_step(self):
        """Losses, gradients, masked images, statistics."""
        classifier, objective = self._build()
        step = recorded_step(classifier, objective, self._batch(0))
        for key, value in self._losses(step.values, objective).items():
            yield self._relative(f"{key}_f64", value, bars.LOSS)
        yield from self._check_gradients(classifier, step)
        images = step.perturbed_images
        yield from self._where_recorded("masked_f32", images)
        if self._has("log_alpha_f32"):
            log_alpha = objective.generator(self._regularised(0))
            yield from self._where_recorded("log_alpha_f32", log_alpha)
            cost = step.values[EXPECTED_L0]
            yield self._relative("log_alpha_l0_loss_f64", cost, bars.LOSS)
        yield from self._check_statistics("step0", classifier)

    def check_trajectory(self, kind, step_size):
        """All recorded steps; `step_size` is the generator's."""
        classifier, objective = self._build()
        before = values_by_name(classifier)
        found = self._train(classifier, objective, step_size)
        for key in ("total", "ul", "ce"):
            key_of_kind = f"{kind}_{key}_loss_f64"
            if self._has(key_of_kind):
                losses = found[f"{key}_loss"]
                yield self._relative(key_of_kind, losses, _TRAJECTORY)
        for key in ("gen_W", "gen_b"):
            start = self.arrays[key]
            expected = self._of(f"{kind}_{key}_f64") - start
            name = f"{self.name}_{kind}_{key}, change"
            yield relative(name, found[key] - start, expected, _CHANGE)
        if kind == "traj":
            yield from self._check_final(before, classifier)

    def _train(self, classifier, objective, step_size):
        trainer = Trainer(classifier, Recorded(objective))
        trainer.compile(
            self._optimizer(),
            schedules.generator_optimizer("adam", step_size),
        )
        optimizers = trainer.optimizer, trainer.generator_optimizer
        epsilons = [PyTorchEpsilon(o, self.scale) for o in optimizers]
        rows = []
        for i in range(len(self.arrays["x_l"])):
            for epsilon in epsilons:
                epsilon.before_step()
            values = take_step(trainer, self._batch(i))
            kernel, bias = objective.generator.trainable_variables
            generator = {"gen_W": kernel.numpy(), "gen_b": bias.numpy()}
            rows.append(self._losses(values, objective) | generator)
        return {key: np.stack([row[key] for row in rows]) for key in rows[0]}

    def _check_gradients(self, classifier, step):
        gradients = gradients_by_name(classifier, step)
        names = self.arrays["names"].tolist()
        norms = [np.linalg.norm(gradients[name]) for name in names]
        kernel, bias = step.generator_gradients
        for key, value in (
            ("grad_norms_f64", norms),
            ("grad_fc3_b_f64", gradients["fc3_b"]),
            ("grad_fc3_W_f64", gradients["fc3_W"]),
            ("grad_gen_W_f64", kernel),
            ("grad_gen_b_f64", bias),
        ):
            value = np.multiply(self.scale, value)
            yield self._relative(key, value, bars.STORED)

    def _check_final(self, before, classifier):
        after = values_by_name(classifier)
        names = self.arrays["names"].tolist()
        norms = [np.linalg.norm(after[n]) for n in names]
        changes = [np.linalg.norm(after[n] - before[n]) for n in names]
        yield self._relative("traj_final_norms_f64", norms, _TRAJECTORY)
        yield self._relative("traj_delta_norms_f64", changes, _TRAJECTORY)
        for key in ("fc3_b", "fc3_W"):
            yield from self._where_recorded(f"traj_final_{key}_f64", after[key])
        yield from self._check_statistics("traj_final", classifier)

    def _check_statistics(self, kind, classifier):
        if self._method.name == "xat":
            return  # The program's masked pass updates them too.
        values = values_by_name(classifier)
        for key in _STATISTICS:
            value = values[key.replace("fc", "b")]
            yield from self._where_recorded(f"{kind}_bn_{key}_f64", value)

    def _losses(self, values, objective):
        """The program's names; the supervised loop adds in place."""
        unlabeled = unlabeled_loss(values, objective)
        found = {
            "ce_loss": values[CROSS_ENTROPY],
            "ul_loss": self.scale * unlabeled,
            "total_loss": self.scale * values[TOTAL],
        }
        return found

    def _build(self):
        arrays = self.arrays
        shape = arrays["x_l"].shape[2:]
        classifier = build_perceptron(shape, arrays["weights_seed"], arrays)
        generator = build_generator(self._method, shape, 0, 0)
        for variable, key in zip(
            generator.trainable_variables, ("gen_W", "gen_b"), strict=True
        ):
            variable.assign(arrays[key])
        objective = make_objective(self._method, generator)
        return classifier, objective

    def _optimizer(self) -> keras.optimizers.Adam:
        values = {"dataset": "mnist", "learning_rate": float(self.arrays["lr"])}
        return schedules.classifier_optimizer(resolve(values).train)

    def _batch(self, i):
        arrays, noise = self.arrays, self.arrays["u"][i]
        unlabeled = arrays["x_u"][i]
        if self.name in SUPERVISED:
            return make_batch(unlabeled, arrays["y_u"][i], noise)
        return make_batch(arrays["x_l"][i], arrays["y_l"][i], noise, unlabeled)

    def _regularised(self, i):
        batch = self._batch(i)
        return batch.get("unlabeled_images", batch["images"])

    def _of(self, key):
        return self.arrays[f"{self.name}_{key}"]

    def _has(self, key):
        return f"{self.name}_{key}" in self.arrays

    def _relative(self, key, found, bar):
        return relative(f"{self.name}_{key}", found, self._of(key), bar)

    def _where_recorded(self, key, found):
        if self._has(key):
            yield self._relative(key, found, bars.STORED)
