"""The authors' PyTorch code, unmodified, answering in its own process.

numpy and torch only: it may run under another interpreter.
"""

import contextlib
import types

import numpy as np
import torch

from xvat_tf.reference.side_by_side import channel
from xvat_tf.reference.xvat.program import import_program
from xvat_tf.reference.xvat.tensors import (
    classifier_tensors,
    kernel_last,
    load_classifier,
    load_generator,
    nchw,
    nhwc,
    transposed,
)

_MODULES = (
    "models.MLP",
    "Loss.L0Layer",
    "Loss.L0VATOne",
    "Loss.IndL0VATOne",
    "Loss.LocationGenerator",
)


class ReleasedSide:
    """The program's classifier, mask layer and loss at given weights.

    Args:
        request: `folder` of the checkout, `arguments` of the program by name,
            `transductive`, `kl_way`, `dtype`, `inputs` (.npz of weights, a
            batch and noise).
    """

    def __init__(self, request: dict):
        self._inputs = dict(np.load(request["inputs"]))
        torch.set_default_dtype(getattr(torch, request["dtype"]))
        arguments = types.SimpleNamespace(
            **request["arguments"], device=torch.device("cpu")
        )
        program = import_program(request["folder"], _MODULES)
        self._kl_way = request["kl_way"]
        self._classifier = program["models.MLP"].MLPSemi(arguments)
        load_classifier(self._classifier, self._inputs)
        self._classifier.train()
        self._layer = program["Loss.L0Layer"].L0Layer(arguments)
        if request["transductive"]:
            self._use_table(program["Loss.L0VATOne"].L0VATOne(arguments))
        else:
            self._use_convolution(program, arguments)

    def _use_table(self, loss):
        table = nchw(self._inputs["table"]).requires_grad_()
        self._loss, self._masks_from = loss, table
        self._log_alpha = lambda images: table
        self._ascending, self._placed = [table], nhwc

    def _use_convolution(self, program, arguments):
        location = program["Loss.LocationGenerator"]
        generator = location.InductiveGenerator(arguments)
        load_generator(generator.conv, self._inputs)
        self._loss = program["Loss.IndL0VATOne"].IndL0VATOne(arguments)
        self._masks_from = self._log_alpha = generator
        self._ascending = list(generator.conv.parameters())
        self._placed = kernel_last

    def measure(self) -> dict:
        """Masks, losses, gradients and statistics of the batch, by name."""
        images, unlabeled = (
            nchw(self._inputs[name]) for name in ("images", "unlabeled_images")
        )
        labels = torch.from_numpy(self._inputs["labels"]).long()
        logits = self._classifier(images)
        cross_entropy = torch.nn.CrossEntropyLoss()(logits, labels)
        with _given_noise(nchw(self._inputs["noise"])):
            regular, _ = self._loss(
                self._classifier,
                unlabeled,
                self._masks_from,
                self._layer,
                kl_way=self._kl_way,
            )
            found = self._masks(unlabeled)
        total = cross_entropy + regular
        total.backward()
        found |= {"cross entropy": cross_entropy, "total loss": total}
        values = {name: nhwc(value.detach()) for name, value in found.items()}
        return values | self._classifier_values() | self._generator_gradients()

    def _masks(self, images):
        log_alpha = self._log_alpha(images)
        masked, mask = self._layer.mask_filter(images, log_alpha)
        return {
            "log_alpha": log_alpha,
            "mask": mask,
            "masked images": masked,
            "L0": self._layer.l0_loss(log_alpha),
            "smoothness": self._layer.smooth_loss(mask),
        }

    def _classifier_values(self):
        found = {}
        for name, variable in classifier_tensors(self._classifier).items():
            if name.endswith(("_mean", "_var")):
                found[f"statistic/{name}"] = transposed(variable)
            else:
                found[f"gradient/{name}"] = transposed(variable.grad)
        return found

    def _generator_gradients(self):
        return {
            f"generator/{i}": self._placed(variable.grad)
            for i, variable in enumerate(self._ascending)
        }


@contextlib.contextmanager
def _given_noise(noise):
    drawn, torch.rand = torch.rand, lambda *_, **__: noise
    try:
        yield
    finally:
        torch.rand = drawn


def main() -> None:
    """Answers `measure`: writes every quantity to `outputs` (.npz)."""

    def measure(request):
        np.savez(request["outputs"], **ReleasedSide(request).measure())
        return {}

    channel.serve({"measure": measure})


if __name__ == "__main__":
    main()
