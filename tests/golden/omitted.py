"""What recorded files hold and we do not compare, and why: the one place.

Patterns are those of `fnmatch`, per file; `"*"` is every file.
"""

import fnmatch
from collections.abc import Mapping

OMITTED: Mapping[str, Mapping[str, str]] = {
    "*": {
        "*_f32": "the reference in single precision; its f64 twin is the"
        " truth, which our single precision is compared with where that is"
        " well-conditioned",
    },
    "vat_tf_vat": {
        "*_r_vadv_cos_f32": "describes the reference's rounding, not a value",
        "*_grad_norms_f64, fc_b with a top batch norm": "zero but for rounding",
    },
    "vat_tf_trajectory": {
        "*_final_fc_b_f64": "zero but for rounding under a top batch norm,"
        " like its norms; compared without one",
        "beta2, as the references' own arithmetic": "TensorFlow 1 rounds it"
        " and its powers to single precision in double-precision runs too;"
        " the check follows, our optimizer keeps the exact number",
    },
    "xvat_torch_mask": {
        "*_filtered_eps0_*": "the program's special case of gain 0; our gain"
        " is above 0",
    },
    "xvat_torch_inductive": {
        "a1_step0_bn_*": "with dis ce the program's masked pass updates the"
        " statistics too; ours never does",
        "a1_traj_final_bn_*": "as a1_step0_bn_*",
        "y_u, in the cases s1 to s4": "labels of unlabeled images",
    },
    "xvat_torch_models": {
        "vat_lds_kl1_f64": "additive VAT of ours has the divergence of vat_tf"
        " only, KL(clean || perturbed)",
        "vat_r_kl1_f64": "as vat_lds_kl1_f64",
        "cnn_conv_bias_grad_norms_f64": "rounding noise of biases in front of"
        " a batch norm; our convolutions have none",
    },
    "splits": {
        "mnist_unlabeled_order_first_*": "our unlabeled list is ascending;"
        " training draws from it at random",
    },
}


def is_omitted(file: str, key: str) -> bool:
    """Whether a key of a recorded file is left out on purpose."""
    return any(fnmatch.fnmatch(key, pattern) for pattern in _patterns(file))


def _patterns(file):
    return (*OMITTED["*"], *OMITTED.get(file, {}))
