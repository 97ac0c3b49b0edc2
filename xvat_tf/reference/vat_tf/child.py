"""The official VAT, unmodified, answering in a process of its own."""

import time

import numpy as np

from xvat_tf.reference.side_by_side import channel
from xvat_tf.reference.vat_tf import old_tensorflow
from xvat_tf.reference.vat_tf.program import import_program

_BATCH_NORM = ("_gamma", "_beta", "_mean", "_var")
_STEPPED = ("images", "labels", "unlabeled_images", "noise", "dropout/")


class OfficialSide:
    """The program's graph over placeholders, and a session.

    Args:
        request: `folder` of the checkout, `flags` by name, `dtype`, `inputs`
            (.npz of weights, batches and noise).
    """

    def __init__(self, request: dict):
        import tensorflow.compat.v1 as v1

        v1.disable_v2_behavior()
        self._inputs = dict(np.load(request["inputs"]))
        self._tf = v1
        dtype = v1.as_dtype(request["dtype"])
        # One batch per step: the first axis counts the steps.
        self._fed = {
            name: v1.placeholder(dtype, array.shape[1:])
            for name, array in self._inputs.items()
            if name.startswith(_STEPPED)
        }
        flags = request["flags"]
        standin = old_tensorflow.build(
            flags, dtype, self._fed["noise"], self._fed
        )
        program = import_program(request["folder"], standin)
        rate = v1.constant(flags["learning_rate"], dtype)
        momentum = v1.constant(flags["mom1"], dtype)
        with v1.variable_scope("CNN") as scope:
            self._loss, self._train, _ = program.build_training_graph(
                self._fed["images"],
                self._fed["labels"],
                self._fed["unlabeled_images"],
                rate,
                momentum,
            )
            scope.reuse_variables()
            self._tensors = self._build_tensors(program.vat, program.L, flags)
        self._variables = {
            variable.op.name.removeprefix("CNN/"): variable
            for variable in v1.global_variables()
        }
        self._trained = {
            variable.op.name.removeprefix("CNN/"): variable
            for variable in v1.trainable_variables()
        }
        _check_names(self._variables, self._trained, self._inputs)
        self._gradients = v1.gradients(self._loss, list(self._trained.values()))
        self._session = v1.Session()
        self._restart()

    def measure(self, request: dict) -> dict:
        """Writes every quantity of the first batch to `outputs` (.npz)."""
        feed = self._feed(0)
        found = self._session.run(self._tensors, feed)
        gradients, found["loss"] = self._session.run(
            (self._gradients, self._loss), feed
        )
        for name, gradient in zip(self._trained, gradients, strict=True):
            found[f"gradient/{name}"] = gradient
        self._restart()
        self._session.run((self._train, self._loss), feed)
        for name in self._inputs:
            if name.endswith(("_mean", "_var")):
                found[f"statistic/{name}"] = self._session.run(
                    self._variables[name]
                )
        np.savez(request["outputs"], **found)
        self._restart()
        return {}

    def step(self, request: dict) -> dict:
        """One training step: its loss and its seconds."""
        feed = self._feed(request["step"])
        start = time.perf_counter()
        _, loss = self._session.run((self._train, self._loss), feed)
        return {"loss": float(loss), "seconds": time.perf_counter() - start}

    def _build_tensors(self, vat, layers, flags):
        """What is compared on one batch, by name."""
        images = self._fed["images"]
        unlabeled = self._fed["unlabeled_images"]
        tensors = {
            "logits_train": vat.forward(images, update_batch_stats=False),
            "logits_eval": vat.forward(images, is_training=False),
            "kl": layers.kl_divergence_with_logit(
                self._tf.constant(self._inputs["kl_p"]),
                self._tf.constant(self._inputs["kl_q"]),
            ),
        }
        if flags["method"] != "baseline":
            logits = vat.forward(unlabeled, update_batch_stats=False)
            tensors["r_vadv"] = vat.generate_virtual_adversarial_perturbation(
                unlabeled, logits
            )
            tensors["vat_loss"] = vat.virtual_adversarial_loss(
                unlabeled, logits
            )
        return tensors

    def _feed(self, step):
        return {
            placeholder: self._inputs[name][step]
            for name, placeholder in self._fed.items()
        }

    def _restart(self):
        """Weights as given, optimizer at step 0."""
        self._session.run(self._tf.global_variables_initializer())
        for name, variable in self._variables.items():
            if name in self._inputs:
                variable.load(self._inputs[name], self._session)


def _check_names(variables, trained, inputs):
    """Refuses a network whose weights are not those that are given.

    Optimizers have variables of their own among `variables`.
    """
    weights = {
        name for name in inputs if name.endswith(("_W", "_b", *_BATCH_NORM))
    }
    differing = (weights - set(variables)) | (set(trained) - weights)
    if differing:
        raise ValueError(f"its network differs in {sorted(differing)[0]}")


def main() -> None:
    """Answers `build`, `measure` and `step`."""
    sides = []

    def build(request):
        sides.append(OfficialSide(request))
        return {}

    channel.serve(
        {
            "build": build,
            "measure": lambda request: sides[0].measure(request),
            "step": lambda request: sides[0].step(request),
        }
    )


if __name__ == "__main__":
    main()
