"""Additive VAT and AT on conv13: losses, perturbations, gradients."""

import itertools
from collections.abc import Mapping

import numpy as np

from tests.golden import bars
from tests.golden.conv13 import assign_recipe, build_conv13, gradients_by_name
from tests.golden.recorded_training import (
    Recorded,
    RecordedStep,
    make_batch,
    precision,
    recorded_step,
)
from xvat_tf.perturbations import InferencePasses
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, PERTURBED, TOTAL
from xvat_tf.reference.side_by_side.quantity import (
    Quantity,
    absolute,
    one_minus_cosine,
    relative,
)
from xvat_tf.settings import resolve
from xvat_tf.training import make_objective

NETWORKS = ("a", "b")
_EVAL_LOOSEST = 1e-5


def check(arrays: Mapping[str, np.ndarray]) -> list[Quantity]:
    """Compares both networks over the grid of xi and iterations, in double."""
    return [
        quantity
        for network in NETWORKS
        for quantity in check_network(arrays, network)
    ]


def check_network(
    arrays: Mapping[str, np.ndarray], network: str, whole: bool = True
) -> list[Quantity]:
    """The part of `check` on one network, `"a"` or `"b"`.

    The whole has AT and losses with moving statistics beside VAT's step.
    """
    with precision("float64"):
        case = _Case(arrays, network)
        modes = ("train", "eval") if whole else ()
        quantities = [q for m in modes for q in case.check_adversarial(m)]
        for point in itertools.product(
            range(len(arrays["xi"])),
            range(len(arrays["num_power_iterations"])),
        ):
            quantities += case.check_training(point)
            if whole:
                quantities += case.check_evaluation(point)
    return quantities


class _Case:
    """One network with its weights and batches."""

    def __init__(self, arrays, network):
        self._arrays, self._network = arrays, network
        self._top_bn = bool(self._of("top_bn"))
        self._classifier = build_conv13(
            arrays["x"].shape[1:], top_bn=self._top_bn
        )

    def check_adversarial(self, mode):
        """AT on the labeled batch, with batch or with moving statistics."""
        run = self._train if mode == "train" else self._evaluate
        batch = make_batch(self._arrays["x"], self._arrays["y"])
        values, perturbed = run(self._objective(method="at"), batch)[:2]
        yield self._relative(f"at_{mode}_loss", values[PERTURBED], bars.LOSS)
        yield from self._directions(
            f"at_{mode}_r_adv", perturbed - self._arrays["x"], bars.STORED
        )

    def check_training(self, point):
        """Total loss of vat, its gradient and r_vadv, batch statistics."""
        xi = float(self._arrays["xi"][point[0]])
        batch = self._semi_supervised_batch()
        values, perturbed, step = self._train(self._vat(point), batch)
        loss, array = bars.search_loss(xi), bars.search_array(xi)
        yield self._relative("nll", values[CROSS_ENTROPY], bars.LOSS)
        yield self._relative("vat_loss", values[PERTURBED], loss, point)
        yield self._relative("total_loss", values[TOTAL], loss, point)
        r_vadv = perturbed - self._arrays["u"]
        yield from self._directions("r_vadv", r_vadv, array, point)
        yield from self._gradients(step, array, point)

    def check_evaluation(self, point):
        """The losses with moving statistics."""
        xi = float(self._arrays["xi"][point[0]])
        values, _ = self._evaluate(
            self._vat(point), self._semi_supervised_batch()
        )
        bar = min(10 * bars.search_loss(xi), _EVAL_LOOSEST)
        yield self._relative("eval_nll", values[CROSS_ENTROPY], bars.LOSS)
        yield absolute(
            self._name("eval_acc"),
            values[ACCURACY],
            self._of("eval_acc_f64"),
            bars.LOSS,
        )
        yield self._relative("eval_vat_loss", values[PERTURBED], bar, point)

    def _gradients(self, step: RecordedStep, bar, point):
        gradients = gradients_by_name(self._classifier, step)
        for name in ("b9_gamma", "fc_W"):
            yield self._relative(f"grad_{name}", gradients[name], bar, point)
        norms = self._of("grad_norms_f64")[point]
        names = self._of("grad_names").tolist()
        for name, norm in zip(names, norms, strict=True):
            if self._top_bn and name == "fc_b":
                continue  # Zero but for rounding: the batch norm removes it.
            yield relative(
                self._name(f"grad_norms {name}", point),
                np.linalg.norm(gradients[name]),
                norm,
                bar,
            )

    def _vat(self, point):
        xi, iterations = (
            self._arrays[key][i]
            for key, i in zip(
                ("xi", "num_power_iterations"), point, strict=True
            )
        )
        return self._objective(
            method="vat",
            eta=1.0,
            xi=float(xi),
            num_power_iterations=int(iterations),
        )

    def _objective(self, **given):
        settings = resolve(
            {
                "dataset": "svhn",
                "epsilon": float(self._of("epsilon")),
                **given,
            }
        ).method
        return make_objective(settings)

    def _semi_supervised_batch(self):
        arrays = self._arrays
        return make_batch(arrays["x"], arrays["y"], arrays["d"], arrays["u"])

    def _train(self, objective, batch):
        self._reset_weights()
        step = recorded_step(self._classifier, objective, batch)
        return step.values, step.perturbed_images, step

    def _evaluate(self, objective, batch):
        self._reset_weights()
        recorded = Recorded(objective)
        passes = InferencePasses(self._classifier)
        values = recorded(batch, passes, None)
        means = {tag: np.mean(value) for tag, value in values.items()}
        return means, recorded.perturbed_images.numpy()

    def _reset_weights(self):
        assign_recipe(
            self._classifier,
            self._of("weights_seed"),
            random_batch_norm=True,
            top_bn=self._top_bn,
        )

    def _of(self, key):
        return self._arrays[f"{self._network}_{key}"]

    def _name(self, key, point=None):
        name = f"{self._network}_{key}"
        if point is None:
            return name
        xi = self._arrays["xi"][point[0]]
        iterations = self._arrays["num_power_iterations"][point[1]]
        return f"{name} (xi={xi:g}, iterations={iterations})"

    def _expected(self, key, point):
        expected = self._of(f"{key}_f64")
        return expected if point is None else expected[point]

    def _relative(self, key, found, bar, point=None):
        expected = self._expected(key, point)
        return relative(self._name(key, point), found, expected, bar)

    def _directions(self, key, found, bar, point=None):
        """r as a whole, and its direction example by example."""
        expected = self._expected(key, point)
        yield relative(self._name(key, point), found, expected, bar)
        yield one_minus_cosine(self._name(key, point), found, expected, bar)
