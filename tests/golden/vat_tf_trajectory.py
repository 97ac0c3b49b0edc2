"""Steps of Adam with the methods baseline, vat and vatent, on conv13."""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
import tensorflow as tf

from tests.golden.adam_forms import TensorFlow1Beta2
from tests.golden.conv13 import assign_recipe, build_conv13, values_by_name
from tests.golden.recorded_training import (
    Recorded,
    make_batch,
    precision,
    tensor,
)
from xvat_tf.perturbations import InferencePasses
from xvat_tf.records.tags import TOTAL
from xvat_tf.reference.side_by_side.gradient_step import take_step
from xvat_tf.reference.side_by_side.quantity import Quantity, absolute, relative
from xvat_tf.settings import resolve
from xvat_tf.training import Trainer, make_objective, schedules

RUNS = (
    "baseline",
    "vat_xi1e-3",
    "vat_xi1e-1",
    "vatent_xi1e-3",
    "vatent_xi1e-1",
)


@dataclasses.dataclass(frozen=True)
class _Bars:
    """Adam turns the sign of a small gradient into a full step.

    Bars of the losses of steps 1, 2, 3 and later; of the norms of variables
    and of their changes; of final variables and logits.
    """

    losses: tuple[float, float, float, float]
    norms: float
    arrays: float

    def loss(self, step):
        return self.losses[min(step, len(self.losses) - 1)]


_BASELINE = _Bars((1e-8, 1e-8, 1e-8, 1e-8), 1e-7, 1e-5)
_LARGE_XI = _Bars((1e-8, 1e-7, 1e-7, 1e-7), 1e-6, 1e-5)
_SMALL_XI = _Bars((1e-8, 1e-6, 1e-6, 5e-3), 5e-3, 2e-2)


def check(
    arrays: Mapping[str, np.ndarray], runs: Iterable[str] = RUNS
) -> list[Quantity]:
    """Compares runs of the joint train step in double precision."""
    with precision("float64"):
        return [q for run in runs for q in _check_run(arrays, run)]


def _check_run(arrays, run):
    method, _, xi = run.partition("_xi")
    allowed = _BASELINE
    if xi:
        allowed = _LARGE_XI if float(xi) > 1e-2 else _SMALL_XI
    trainer = _trainer(arrays, method, float(xi or 1.0))
    yield from _check_optimizer(arrays, run, trainer.optimizer)
    before = values_by_name(trainer.classifier)
    losses = _train(arrays, trainer, method != "baseline")
    for i, loss in enumerate(losses):
        expected = arrays[f"{run}_loss_f64"][i]
        name = f"{run}_loss, step {i + 1}"
        yield relative(name, loss, expected, allowed.loss(i))
    after = values_by_name(trainer.classifier)
    yield from _check_norms(arrays, run, before, after, allowed)
    yield from _check_final(arrays, run, after, allowed)
    logits = InferencePasses(trainer.classifier).stateful(
        tensor(arrays["x"][0])
    )
    expected = arrays[f"{run}_eval_logits_f64"]
    yield relative(f"{run}_eval_logits", logits, expected, allowed.arrays)


def _trainer(arrays, method, xi):
    top_bn = bool(arrays["top_bn"])
    settings = resolve(
        {
            "dataset": "svhn",
            "method": method,
            "eta": 1.0,
            "epsilon": float(arrays["epsilon"]),
            "xi": xi,
            "num_power_iterations": int(arrays["num_power_iterations"]),
            "learning_rate": float(arrays["lr"]),
            "mom1": float(arrays["beta1"]),
        }
    )
    classifier = build_conv13(arrays["x"].shape[2:], top_bn=top_bn)
    assign_recipe(classifier, arrays["weights_seed"], top_bn=top_bn)
    objective = make_objective(settings.method)
    optimizer = schedules.classifier_optimizer(settings.train)
    trainer = Trainer(classifier, Recorded(objective))
    trainer.compile(optimizer)
    return trainer


def _check_optimizer(arrays, run, optimizer):
    """Constants that no setting changes: they must be the recorded ones."""
    for key, value in (
        ("beta2", float(optimizer.beta_2)),
        ("adam_eps", optimizer.epsilon),
    ):
        yield absolute(f"{run} {key}", value, arrays[key], 0.0)


def _train(arrays, trainer, semi_supervised):
    """Takes all steps; returns the loss before each."""
    compiled = None
    if len(arrays["x"]) > 1:  # Tracing takes longer than a step.
        compiled = tf.function(trainer.train_step, autograph=False)
    adam = TensorFlow1Beta2(trainer.optimizer)
    losses = []
    for i, (x, y) in enumerate(zip(arrays["x"], arrays["y"], strict=True)):
        batch = make_batch(x, y)
        if semi_supervised:
            batch = make_batch(x, y, arrays["d"][i], arrays["u"][i])
        adam.before_step()
        losses.append(take_step(trainer, batch, compiled)[TOTAL])
    return losses


def _check_norms(arrays, run, before, after, allowed):
    for i, name in enumerate(arrays["names"].tolist()):
        if _is_removed(arrays, name):
            continue
        for key, array in (
            ("norms", after[name]),
            ("delta_norms", after[name] - before[name]),
        ):
            expected = arrays[f"{run}_{key}_f64"][i]
            norm = np.linalg.norm(array)
            yield relative(f"{run}_{key} {name}", norm, expected, allowed.norms)


def _check_final(arrays, run, after, allowed):
    for name, found in after.items():
        key = f"{run}_final_{name}_f64"
        if key in arrays and not _is_removed(arrays, name):
            yield relative(
                f"{run}_final_{name}", found, arrays[key], allowed.arrays
            )


def _is_removed(arrays, name):
    """A top batch norm removes the last bias: its gradient is rounding."""
    return name == "fc_b" and bool(arrays["top_bn"])
