"""What each of the program's trainers adds to the cross entropy.

Built from the program's own modules. numpy and torch only, as `child`.
"""

import importlib
import sys
import types
from collections.abc import Iterable

import numpy as np
import torch

from xvat_tf.reference.xvat.tensors import load_generator, nchw, placed

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


def import_program(
    folder: str, names: Iterable[str]
) -> dict[str, types.ModuleType]:
    """Imports modules of the checkout, such as `"Loss.L0Layer"`, by name.

    `models` stands without its `__init__`, which needs torchvision for other
    networks, and plotting is left out where it is not installed.
    """
    sys.path.insert(0, folder)
    models = types.ModuleType("models")
    models.__path__ = [f"{folder}/models"]
    sys.modules["models"] = models
    try:
        importlib.import_module("matplotlib.pyplot")
    except ImportError:
        sys.modules.update({n: types.ModuleType(n) for n in _PLOTTING})
    return {name: importlib.import_module(name) for name in names}


class Regularizer:
    """The unlabeled part of a step; this one adds nothing.

    The program's arguments and network, an unlabeled batch, NCHW, and arrays:
    the start of what ascends, and noise, where given. `ascending` are the
    tensors that are trained to raise the loss.
    """

    modules: tuple[str, ...] = ()
    _optimizer = None
    _axes = (0, 2, 3, 1)

    def __init__(self, request: dict, arguments, classifier, images, inputs):
        self._arguments = arguments
        self._classifier, self._images = classifier, images
        self._program = import_program(request["folder"], self.modules)
        self.ascending = []
        self._build(request, inputs)

    def _build(self, request, inputs):
        """Makes the program's loss, and the optimizer of what ascends."""

    def draw(self) -> None:
        """Chooses the batch, outside the time of the step."""

    def loss(self):
        """The term, a scalar."""
        return 0

    def zero_grad(self) -> None:
        if self._optimizer:
            self._optimizer.zero_grad()

    def ascend(self) -> None:
        """Turns the gradients of what ascends around and steps."""
        for tensor in self.ascending:
            tensor.grad.data = -tensor.grad.data
        if self._optimizer:
            self._optimizer.step()

    def gradients(self) -> dict[str, np.ndarray]:
        """Of what ascends, in TensorFlow's layouts: `generator/0`, ..."""
        return {
            f"generator/{i}": placed(tensor.grad, self._axes)
            for i, tensor in enumerate(self.ascending)
        }


class Additive(Regularizer):
    """The VAT loss."""

    modules = ("Loss.VAT",)

    def _build(self, request, inputs):
        self._loss = self._program["Loss.VAT"].VAT(self._arguments)

    def loss(self):
        return self._loss(self._classifier, self._images)


class Masks(Regularizer):
    """An xVAT loss, whose masks the noise of `inputs` makes, if it is there.

    `_source` is what the program's loss makes log alpha of.
    """

    def _build(self, request, inputs):
        self._layer = self._program["Loss.L0Layer"].L0Layer(self._arguments)
        if "noise" in inputs:
            noise = nchw(inputs["noise"])
            torch.rand = lambda *_, **__: noise

    def loss(self):
        return self._loss(
            self._classifier,
            self._images,
            self._source(),
            self._layer,
            kl_way=self._arguments.kl,
        )[0]

    def masks(self) -> dict[str, torch.Tensor]:
        """The masks of the batch, what they leave and what they cost."""
        log_alpha = self._log_alpha()
        masked, mask = self._layer.mask_filter(self._images, log_alpha)
        return {
            "log_alpha": log_alpha,
            "mask": mask,
            "masked images": masked,
            "L0": self._layer.l0_loss(log_alpha),
            "smoothness": self._layer.smooth_loss(mask),
        }


class Inductive(Masks):
    """Its masks come from a convolution of the image."""

    modules = ("Loss.IndL0VATOne", "Loss.L0Layer", "Loss.LocationGenerator")
    _axes = (2, 3, 1, 0)  # Kernels, (out, in, h, w).

    def _build(self, request, inputs):
        super()._build(request, inputs)
        given = self._arguments
        location = self._program["Loss.LocationGenerator"]
        self._generator = location.InductiveGenerator(given)
        if "generator/0" in inputs:
            load_generator(self._generator.conv, inputs)
        self._loss = self._program["Loss.IndL0VATOne"].IndL0VATOne(given)
        self.ascending = list(self._generator.parameters())
        self._optimizer = torch.optim.Adam(self.ascending, lr=given.lr_a)

    def _source(self):
        return self._generator

    def _log_alpha(self):
        return self._generator(self._images)


class Transductive(Masks):
    """Its masks come from a table with a row per image."""

    modules = ("Loss.L0Layer", "Loss.L0VATOne")

    def _build(self, request, inputs):
        super()._build(request, inputs)
        given = self._arguments
        if "table" in inputs:
            table = nchw(inputs["table"])
        else:
            size = (request["table_rows"], 1, *self._images.shape[2:])
            table = torch.randn(size, device=given.device)
        self._table = table.requires_grad_()
        self._loss = self._program["Loss.L0VATOne"].L0VATOne(given)
        sgd = request.get("table_optimizer") == "sgd"
        kind = torch.optim.SGD if sgd else torch.optim.Adam
        self.ascending = [self._table]
        self._optimizer = kind(self.ascending, lr=given.lr_a)
        self._rng, self._rows = np.random.default_rng(0), slice(None)

    def draw(self):
        batch = len(self._images)
        self._rows = self._rng.permutation(len(self._table))[:batch]

    def _source(self):
        return self._table[self._rows]

    _log_alpha = _source


# By the program's names of its trainers.
REGULARIZERS = {
    "ce": Regularizer,
    "vat": Additive,
    "inl0": Inductive,
    "l0": Transductive,
}
