"""The reference programs, timed step by step in processes of their own."""

import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np

from xvat_tf.benchmarking.cases import Case
from xvat_tf.reference.programs import (
    Program,
    official_program,
    released_program,
)
from xvat_tf.reference.side_by_side import inputs

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


def official_peers(
    checkout: pathlib.Path, methods: Iterable[str], case: Case
) -> list[Program]:
    """The official VAT for the methods that it has, on its one network.

    The peers take steps of the size that the case has.
    """
    if case.settings.network.network != "conv13":
        return []
    batch = _batch(case)
    batch["labels"] = inputs.one_hot(batch["labels"], "float32")
    found = []
    for ours in filter(_OFFICIAL.get, methods):
        given = {"method": _OFFICIAL[ours]}
        program = official_program(checkout, given, batch)
        names = {"title": f"vat_tf {ours}", "ours": ours}
        found.append(dataclasses.replace(program, **names))
    return found


def released_peers(
    checkout: pathlib.Path, python: str, methods: Iterable[str], case: Case
) -> list[Program]:
    """The authors' PyTorch code for the methods; xvat gives three peers."""
    batch = {name: arrays[0] for name, arrays in _batch(case).items()}
    network, found = case.settings.network, []
    for variant, (method, masks, optimizer, trainer) in _RELEASED.items():
        if method not in methods:
            continue
        arguments = {"trainer": trainer}
        if method == "vat":
            arguments["eps"] = _VAT_EPS[network.network]
        program = released_program(
            checkout,
            python,
            network,
            arguments,
            batch,
            table_rows=case.table_rows,
            table_optimizer=optimizer,
        )
        ours = "-".join(filter(None, (method, masks)))
        names = {"title": f"xvat {variant}", "ours": ours}
        found.append(dataclasses.replace(program, **names))
    return found


def _batch(case):
    rng, train = np.random.default_rng(0), case.settings.train
    images, unlabeled = (
        inputs.make_batches(rng, 1, size, case.image_shape, "float32")
        for size in (train.batch_size, train.ul_batch_size)
    )
    labels = inputs.make_labels(rng, 1, train.batch_size)
    return {"images": images, "labels": labels, "unlabeled_images": unlabeled}
