"""Every recorded file is inside its bars, and as many numbers as ever.

Of the long files a part, of those of conv13 at full width VAT alone in one
corner of its grid; the whole of them with `--full`, and of the files in
`--golden=FOLDER`.
"""

import pytest

from tests.conftest import GOLDEN
from tests.golden import vat_tf_trajectory, vat_tf_vat
from tests.golden.files import FILES

# Cases that between them have every setting, and how many numbers they have.
_PARTS = {
    "xvat_torch_inductive": (("s3", "a1"), 37),
    "xvat_torch_transductive": (("t3",), 25),
    "xvat_torch_models": (("mlp", "vat", "syn"), 23),
}
_LONG = ("vat_tf_cnn", "vat_tf_vat", "vat_tf_trajectory", *_PARTS)


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file(recorded, folder, assert_inside, leave_to_full, name):
    leave_to_full(name in _LONG and folder == GOLDEN)
    module, count = FILES[name]
    quantities = module.check(recorded(name))
    assert_inside(quantities)
    assert len(quantities) == count or folder != GOLDEN


@pytest.mark.parametrize("name", _PARTS)
def test_a_part_of_a_file(recorded, assert_inside, name):
    cases, count = _PARTS[name]
    quantities = FILES[name][0].check(recorded(name), cases)
    assert_inside(quantities)
    assert len(quantities) == count


def test_vat_on_conv13(recorded, assert_inside):
    """As if recorded for one xi and number of iterations."""
    arrays, xi, iterations = recorded("vat_tf_vat"), [2], [0]
    grid = len(arrays["xi"]), len(arrays["num_power_iterations"])
    for key, array in arrays.items():
        if array.shape[:2] == grid:
            arrays[key] = array[xi][:, iterations]
    arrays["xi"] = arrays["xi"][xi]
    arrays["num_power_iterations"] = arrays["num_power_iterations"][iterations]
    assert_inside(vat_tf_vat.check_network(arrays, "b", whole=False))


def test_a_trajectory_without_batch_norm_on_the_logits(recorded, leave_to_full):
    """Its file has no `bfc`, and its last bias is compared."""
    leave_to_full(True)
    arrays = recorded("vat_tf_trajectory")
    plain = {k: v for k, v in arrays.items() if "bfc" not in k}
    kept = [not name.startswith("bfc") for name in arrays["names"]]
    for key in ("names", "baseline_norms_f64", "baseline_delta_norms_f64"):
        plain[key] = arrays[key][kept]
    # One step: what it ends with is not ours.
    plain |= {key: arrays[key][:1] for key in ("x", "y", "u", "d")}
    plain["top_bn"] = 0
    found = vat_tf_trajectory.check(plain, ["baseline"])
    names = {q.name for q in found}
    assert {"baseline_final_fc_b", "baseline_norms fc_b"} <= names
    # It was recorded of another network.
    assert not next(q for q in found if "loss, step 1" in q.name).inside
