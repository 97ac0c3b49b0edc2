"""The official VAT, unmodified, answering in a process of its own.

A step is the `sess.run` of its training loop (train_semisup.py, lines 171-172,
of takerum/vat_tf at c5125d2), with batches in place of its input queues.
"""

import time

import numpy as np
import tensorflow.compat.v1 as v1

from xvat_tf.reference.side_by_side import channel
from xvat_tf.reference.vat_tf import old_tensorflow

_WEIGHTS = ("_W", "_b", "_gamma", "_beta", "_mean", "_var")
_STEPPED = ("images", "labels", "unlabeled_images", "noise", "dropout/")


class OfficialSide:
    """The program's graph and a session.

    The request has the `folder` of the checkout; `flags` by name, the others
    have the program's defaults; `dtype`; `inputs`, an .npz of batches and,
    where they are given, weights and noise. Without those the program draws its
    own. The first axis of batches and noise counts the steps.
    """

    def __init__(self, request: dict):
        v1.disable_v2_behavior()
        v1.set_random_seed(1)
        self._inputs = dict(np.load(request["inputs"]))
        dtype = v1.as_dtype(request["dtype"])
        # Tensors of the first batch, where another one can be fed.
        self._fed = {
            name: v1.placeholder_with_default(
                v1.constant(array[0].astype(dtype.name)), array.shape[1:]
            )
            for name, array in self._inputs.items()
            if name.startswith(_STEPPED)
        }
        noise = self._fed.get("noise")
        kept = None if noise is None else self._fed
        standin = old_tensorflow.build(request["flags"], dtype, noise, kept)
        self._program = old_tensorflow.import_program(
            request["folder"], standin
        )
        self._loss, self._train = self._build_graph(dtype)
        self._variables, self._trained = (
            {v.op.name.removeprefix("CNN/"): v for v in variables}
            for variables in (v1.global_variables(), v1.trainable_variables())
        )
        self._given = [n for n in self._inputs if n.endswith(_WEIGHTS)]
        if self._given:
            _check_names(self._variables, self._trained, self._given)
        gpus = v1.config.list_physical_devices("GPU")
        self.device = "cuda" if gpus else "cpu"
        self._session = v1.Session()
        self._restart()

    def step(self, number: int) -> tuple[float, float]:
        """The training step on one batch: its seconds and its loss."""
        feed = self._feed(number)
        start = time.perf_counter()
        _, loss = self._session.run((self._train, self._loss), feed)
        return time.perf_counter() - start, float(loss)

    def measure(self) -> dict[str, np.ndarray]:
        """Every quantity of the first batch, at the given weights."""
        found = self._session.run(self._build_tensors())
        gradients = v1.gradients(self._loss, list(self._trained.values()))
        gradients, found["loss"] = self._session.run((gradients, self._loss))
        for name, gradient in zip(self._trained, gradients, strict=True):
            found[f"gradient/{name}"] = gradient
        self._restart()
        self.step(0)
        for name in self._given:
            if name.endswith(("_mean", "_var")):
                statistic = self._session.run(self._variables[name])
                found[f"statistic/{name}"] = statistic
        self._restart()
        return found

    def _feed(self, step):
        """Nothing for the first batch: it is in the graph."""
        if step == 0:
            return {}
        return {
            tensor: self._inputs[name][step]
            for name, tensor in self._fed.items()
        }

    def _build_graph(self, dtype):
        flags = self._program.FLAGS
        with v1.variable_scope("CNN"):
            loss, train, _ = self._program.build_training_graph(
                self._fed["images"],
                self._fed["labels"],
                self._fed["unlabeled_images"],
                v1.constant(flags.learning_rate, dtype),
                v1.constant(flags.mom1, dtype),
            )
        return loss, train

    def _build_tensors(self):
        vat, layers = self._program.vat, self._program.L
        images = self._fed["images"]
        unlabeled = self._fed["unlabeled_images"]
        logits = (v1.constant(self._inputs[n]) for n in ("kl_p", "kl_q"))
        with v1.variable_scope("CNN", reuse=True):
            tensors = {
                "logits_train": vat.forward(images, update_batch_stats=False),
                "logits_eval": vat.forward(images, is_training=False),
                "kl": layers.kl_divergence_with_logit(*logits),
            }
            if self._program.FLAGS.method == "baseline":
                return tensors
            clean = vat.forward(unlabeled, update_batch_stats=False)
            search = vat.generate_virtual_adversarial_perturbation
            return tensors | {
                "r_vadv": search(unlabeled, clean),
                "vat_loss": vat.virtual_adversarial_loss(unlabeled, clean),
            }

    def _restart(self):
        self._session.run(v1.global_variables_initializer())
        for name in self._given:
            self._variables[name].load(self._inputs[name], self._session)


def _check_names(variables, trained, weights):
    """Refuses a network whose weights are not those that are given.

    Optimizers have variables of their own among `variables`.
    """
    differing = (set(weights) - set(variables)) | (set(trained) - set(weights))
    if differing:
        raise ValueError(f"its network differs in {sorted(differing)[0]}")


if __name__ == "__main__":
    channel.serve(OfficialSide)
