"""The reference programs, timed step by step in processes of their own."""

import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np

from xvat_tf.reference.side_by_side import inputs
from xvat_tf.reference.side_by_side.child_process import Program
from xvat_tf.reference.vat_tf.program import official_program
from xvat_tf.reference.xvat.program import (
    convolutions,
    perceptron,
    released_program,
)

_TABLE_ROWS = {"mlp": 60_000, "conv13": 73_257}
_SHAPES = {"mlp": (28, 28, 1), "conv13": (32, 32, 3)}
_OFFICIAL = {"mle": "baseline", "vat": "vat"}
# Method, mask model and optimizer of the table by the end of the name; the
# trainer as the program calls it.
_RELEASED = {
    "mle": ("mle", "", "", "ce"),
    "vat": ("vat", "", "", "vat"),
    "xvat inductive": ("xvat", "inductive", "", "inl0"),
    "xvat transductive": ("xvat", "transductive", "", "l0"),
    "xvat transductive sgd": ("xvat", "transductive", "sgd", "l0"),
}
# Of its VAT loss (l0_vat_semi_trans.py, lines 68-70).
_VAT_EPS = {"mlp": 0.5, "conv13": 2.5}


@dataclasses.dataclass(frozen=True)
class Sizes:
    """How large a step is.

    Args:
        network: `"conv13"` or `"mlp"`.
        batch_size: Labeled images, 2 or more.
        ul_batch_size: Unlabeled images, 2 or more.
        hidden_sizes: Of the mlp.
        table_rows: Images that have log-odds of their own in the transductive
            table; None takes all of MNIST for the mlp, of SVHN for conv13.
    """

    network: str
    batch_size: int = 32
    ul_batch_size: int = 128
    hidden_sizes: tuple[int, ...] = (1200, 1200)
    table_rows: int | None = None

    def batch(self) -> dict[str, np.ndarray]:
        """Random images, labels as indices, unlabeled images; one step."""
        rng, shape = np.random.default_rng(0), _SHAPES[self.network]
        images, unlabeled = (
            inputs.make_batches(rng, 1, size, shape, "float32")
            for size in (self.batch_size, self.ul_batch_size)
        )
        labels = inputs.make_labels(rng, 1, self.batch_size)
        return {
            "images": images,
            "labels": labels,
            "unlabeled_images": unlabeled,
        }


@dataclasses.dataclass(frozen=True)
class Peer:
    """A reference program beside which a method of ours is timed.

    Attributes:
        name: Program, method and variant, such as `"xvat vat"`.
        ours: The method of ours, as the benchmark names it.
        program: What runs.
    """

    name: str
    ours: str
    program: Program


def official_peers(
    checkout: pathlib.Path, methods: Iterable[str], sizes: Sizes
) -> list[Peer]:
    """The official VAT for the methods that it has, on its one network."""
    if sizes.network != "conv13":
        return []
    batch = sizes.batch()
    batch["labels"] = inputs.one_hot(batch["labels"], "float32")
    return [
        Peer(
            name := f"vat_tf {method}",
            method,
            official_program(
                checkout, {"method": _OFFICIAL[method]}, batch, title=name
            ),
        )
        for method in methods
        if method in _OFFICIAL
    ]


def released_peers(
    checkout: pathlib.Path, python: str, methods: Iterable[str], sizes: Sizes
) -> list[Peer]:
    """The authors' PyTorch code for the methods; xvat gives three peers."""
    batch = {name: arrays[0] for name, arrays in sizes.batch().items()}
    conv13 = sizes.network == "conv13"
    network = convolutions() if conv13 else perceptron(sizes.hidden_sizes)
    found = []
    for wanted in methods:
        for variant, (method, masks, optimizer, trainer) in _RELEASED.items():
            if method != wanted:
                continue
            name = f"xvat {variant}"
            arguments = {"trainer": trainer}
            if method == "vat":
                arguments["eps"] = _VAT_EPS[sizes.network]
            program = released_program(
                checkout,
                python,
                network,
                arguments,
                batch,
                title=name,
                table_rows=sizes.table_rows or _TABLE_ROWS[sizes.network],
                table_optimizer=optimizer,
            )
            ours = "-".join(filter(None, (method, masks)))
            found.append(Peer(name, ours, program))
    return found
