"""The authors' PyTorch code, unmodified, answering in its own process.

Their loops are the middle of functions that also read data and evaluate, so
`ReleasedSide.step` makes the same calls to the program's own networks, losses
and mask layers in the same order, at sndnyang/xvat 27c585e:

- ce, inl0: l0_vat_semi_inductive.py, lines 202-247
- l0: l0_vat_semi_trans.py, lines 211-240
- vat: train_syn.py, lines 166-187 and 195 (trainer ce-vat, its `--k` of 1).
  The semi-supervised programs choose this loss by `--trainer=vat` but their
  loops refuse it.

In the program's favour: reading and converting batches, and distances that
are only logged, are left out. numpy and torch only: it may run under another
interpreter.
"""

import time
import types

import numpy as np
import torch

from xvat_tf.reference.side_by_side import channel
from xvat_tf.reference.xvat.regularizers import REGULARIZERS, import_program
from xvat_tf.reference.xvat.tensors import (
    classifier_tensors,
    load_classifier,
    nchw,
    placed,
)


class ReleasedSide:
    """The program's network, losses and optimizers on one batch.

    The request is that of `programs.released_program`, with `inputs`, an .npz.
    """

    def __init__(self, request: dict):
        torch.manual_seed(1)
        torch.set_default_dtype(getattr(torch, request.get("dtype", "float32")))
        inputs = dict(np.load(request["inputs"]))
        cuda = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = request.get("device", cuda)
        arguments = types.SimpleNamespace(
            **request["arguments"], device=torch.device(self.device)
        )
        self._images, unlabeled = (
            nchw(inputs[name]).to(self.device)
            for name in ("images", "unlabeled_images")
        )
        labels = torch.from_numpy(inputs["labels"]).long()
        self._labels = labels.to(self.device)
        self._classifier = _build_classifier(request, arguments)
        if "fc1_W" in inputs:
            load_classifier(self._classifier, inputs)
        self._criterion = torch.nn.CrossEntropyLoss()
        self._optimizer = torch.optim.Adam(
            self._classifier.parameters(), lr=arguments.lr
        )
        self._regularizer = REGULARIZERS[arguments.trainer](
            request, arguments, self._classifier, unlabeled, inputs
        )

    def step(self, _: int) -> tuple[float, float]:
        """A training step on the batch: its seconds and its loss."""
        regularizer = self._regularizer
        regularizer.draw()
        start = time.perf_counter()
        _, total = self._losses()
        regularizer.zero_grad()
        self._optimizer.zero_grad()
        total.backward()
        regularizer.ascend()
        self._optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start, total.item()

    def measure(self) -> dict[str, np.ndarray]:
        """Masks, losses, gradients and statistics of the batch, by name."""
        cross_entropy, total = self._losses()
        found = self._regularizer.masks()
        total.backward()
        found |= {"cross entropy": cross_entropy, "total loss": total}
        values = {name: placed(value) for name, value in found.items()}
        values |= self._regularizer.gradients()
        for name, variable in classifier_tensors(self._classifier).items():
            # Dense kernels are (out, in).
            if name.endswith(("_mean", "_var")):
                values[f"statistic/{name}"] = placed(variable).T
            else:
                values[f"gradient/{name}"] = placed(variable.grad).T
        return values

    def _losses(self):
        """Cross entropy, and with it the regularizer's term."""
        cross_entropy = self._criterion(
            self._classifier(self._images), self._labels
        )
        return cross_entropy, cross_entropy + self._regularizer.loss()


def _build_classifier(request, arguments):
    file, name = request["network"]
    module = import_program(request["folder"], [file])[file]
    return getattr(module, name)(arguments).to(arguments.device).train()


if __name__ == "__main__":
    channel.serve(ReleasedSide)
