"""The recorded files: the module that checks each, and how many numbers.

A `check` takes the arrays of its file, and returns a quantity for each number.
"""

from tests.golden import (
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

# Quick ones first: a wrong machine shows early.
FILES = {
    "splits": (splits, 15),
    "zca": (zca, 8),
    "vat_tf_losses": (vat_tf_losses, 38),
    "xvat_torch_mask": (xvat_torch_mask, 196),
    "xvat_torch_models": (xvat_torch_models, 37),
    "xvat_torch_transductive": (xvat_torch_transductive, 77),
    "xvat_torch_inductive": (xvat_torch_inductive, 125),
    "vat_tf_cnn": (vat_tf_cnn, 106),
    "vat_tf_vat": (vat_tf_vat, 486),
    "vat_tf_trajectory": (vat_tf_trajectory, 605),
}
