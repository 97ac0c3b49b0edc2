"""Checks against recorded files: `SCHEMA` and `check` in a module per file."""

from xvat_tf.parity.golden import (
    splits,
    vat_tf_cnn,
    vat_tf_losses,
    vat_tf_trajectory,
    vat_tf_vat,
    xvat_torch_inductive,
    xvat_torch_mask,
    xvat_torch_models,
    xvat_torch_transductive,
    zca,
)
from xvat_tf.parity.golden.omitted import is_omitted, report
from xvat_tf.parity.golden.schema import check_schema

# Quick ones first: a wrong machine shows early.
FILES = {
    "splits": splits,
    "zca": zca,
    "vat_tf_losses": vat_tf_losses,
    "xvat_torch_mask": xvat_torch_mask,
    "xvat_torch_models": xvat_torch_models,
    "xvat_torch_transductive": xvat_torch_transductive,
    "xvat_torch_inductive": xvat_torch_inductive,
    "vat_tf_cnn": vat_tf_cnn,
    "vat_tf_vat": vat_tf_vat,
    "vat_tf_trajectory": vat_tf_trajectory,
}

__all__ = ["FILES", "check_schema", "is_omitted", "report"]
