"""The parts of the authors' training step, built from their own modules.

numpy and torch only, as `released_child`.
"""

import types

import numpy as np
import torch

from xvat_tf.reference.xvat.program import import_program

# Their networks of fixed sizes; other sizes take their general one.
_PERCEPTRONS = {(1200, 1200): "MLPSemi", (1200, 600, 300, 150): "MLPSup"}
_VAT_EPS = {"mnist": 0.5, "svhn": 2.5}


def arguments_of(request: dict) -> types.SimpleNamespace:
    """The program's arguments at their defaults.

    But `layer` is 1, as all its scripts have it, and `eps` of the VAT loss
    follows l0_vat_semi_trans.py, lines 68-70.
    """
    dataset = "mnist" if request["network"] == "mlp" else "svhn"
    trainer = request["trainer"]
    cuda = torch.cuda.is_available()
    return types.SimpleNamespace(
        dataset=dataset,
        trainer=trainer,
        layer="1",
        layer_sizes=[28 * 28, *request["hidden_sizes"], 10],
        num_classes=10,
        lr=0.001,
        lr_a=0.001,
        alpha=1,
        eps=_VAT_EPS[dataset] if trainer == "vat" else 1,
        xi=1e-6,
        k=1,
        lamb=1.0,
        lamb2=0.0,
        zeta=1.1,
        beta=0.66,
        gamma=-0.1,
        affine=False,
        top_bn=False,
        ent_min=False,
        kl=1,
        drop=0.5,
        log_arg="",
        debug=False,
        device=torch.device("cuda" if cuda else "cpu"),
    )


def build_classifier(request: dict, arguments) -> torch.nn.Module:
    """The program's network, in training mode."""
    if request["network"] == "conv13":
        file, name = "models.CNN", "CNN9"
    else:
        file, sizes = "models.MLP", tuple(request["hidden_sizes"])
        name = _PERCEPTRONS.get(sizes, "MLP")
    module = import_program(request["folder"], [file])[file]
    classifier = getattr(module, name)(arguments)
    return classifier.to(arguments.device).train()


def build_regular(request: dict, arguments, classifier, images) -> "Regular":
    """What the trainer adds to the cross entropy."""
    kinds = {"ce": Regular, "vat": Additive, "inl0": Inductive}
    kind = kinds.get(arguments.trainer, Transductive)
    return kind(request, arguments, classifier, images)


class Regular:
    """The unlabeled part of a step; this one adds nothing.

    Args:
        request: As `released_child.ReleasedProgram` takes it.
        arguments: The program's.
        classifier: Its network.
        images: Unlabeled batch.

    Attributes:
        ascending: Tensors that are trained to raise the loss.
    """

    modules: tuple[str, ...] = ()

    def __init__(self, request: dict, arguments, classifier, images):
        self._arguments = arguments
        self._classifier, self._images = classifier, images
        program = import_program(request["folder"], self.modules)
        self.ascending, self._optimizer = [], None
        self._build(program, request)

    def _build(self, program, request):
        """Makes the program's loss, and the optimizer of what ascends."""

    def draw(self) -> None:
        """Chooses the batch, outside the time of the step."""

    def loss(self):
        """The term, a scalar."""
        return 0

    def zero_grad(self) -> None:
        """Forgets the gradients of what ascends."""
        if self._optimizer:
            self._optimizer.zero_grad()

    def ascend(self) -> None:
        """Turns the gradients of what ascends around and steps."""
        if not self._optimizer:
            return
        for tensor in self.ascending:
            tensor.grad.data = -tensor.grad.data
        self._optimizer.step()


class Additive(Regular):
    """The VAT loss."""

    modules = ("Loss.VAT",)

    def _build(self, program, request):
        self._loss = program["Loss.VAT"].VAT(self._arguments)

    def loss(self):
        return self._loss(self._classifier, self._images)


class Inductive(Regular):
    """The xVAT loss whose masks come from a convolution of the image."""

    modules = ("Loss.IndL0VATOne", "Loss.L0Layer", "Loss.LocationGenerator")

    def _build(self, program, request):
        given = self._arguments
        location = program["Loss.LocationGenerator"]
        self._masks_from = location.InductiveGenerator(given)
        self._layer = program["Loss.L0Layer"].L0Layer(given)
        self._loss = program["Loss.IndL0VATOne"].IndL0VATOne(given)
        self.ascending = list(self._masks_from.parameters())
        self._optimizer = torch.optim.Adam(self.ascending, lr=given.lr_a)

    def loss(self):
        return self._loss(
            self._classifier,
            self._images,
            self._masks_from,
            self._layer,
            kl_way=self._arguments.kl,
        )[0]


class Transductive(Regular):
    """The xVAT loss whose masks come from a table with a row per image."""

    modules = ("Loss.L0Layer", "Loss.L0VATOne")

    def _build(self, program, request):
        given, rows = self._arguments, request["table_rows"]
        size = (rows, 1, *self._images.shape[2:])
        table = torch.randn(size, device=given.device, requires_grad=True)
        self._layer = program["Loss.L0Layer"].L0Layer(given)
        self._loss = program["Loss.L0VATOne"].L0VATOne(given)
        sgd = request["table_optimizer"] == "sgd"
        kind = torch.optim.SGD if sgd else torch.optim.Adam
        self.ascending, self._table = [table], table
        self._optimizer = kind([table], lr=given.lr_a)
        self._rng = np.random.default_rng(0)

    def draw(self):
        batch = len(self._images)
        self._rows = self._rng.permutation(len(self._table))[:batch]

    def loss(self):
        return self._loss(
            self._classifier,
            self._images,
            self._table[self._rows],
            self._layer,
            kl_way=self._arguments.kl,
        )[0]
