"""Every recorded file is inside its bars, and nothing in it is overlooked.

Of the long files a part, of those of conv13 at full width VAT alone in one
corner of its grid; the whole of them with `--full`, and of the files in
`--golden=FOLDER`.
"""

import pytest

from tests.conftest import GOLDEN
from tests.golden import vat_tf_trajectory, vat_tf_vat
from tests.golden.files import FILES
from tests.golden.omitted import is_omitted

# Cases that between them have every setting, and the beginnings of their keys.
_PARTS = {
    "xvat_torch_inductive": ("s3", "a1"),
    "xvat_torch_transductive": ("t3",),
    "xvat_torch_models": ("mlp", "vat", "syn"),
}
_LONG = ("vat_tf_cnn", "vat_tf_vat", "vat_tf_trajectory", *_PARTS)


def unread(arrays, name, start=""):
    """Keys that no check has read and none leaves out on purpose."""
    return {
        key
        for key in arrays.unread()
        if key.startswith(start) and not is_omitted(name, key)
    }


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file(recorded, folder, assert_inside, leave_to_full, name):
    leave_to_full(name in _LONG and folder == GOLDEN)
    arrays = recorded(name)
    module, count = FILES[name]
    quantities = module.check(arrays)
    assert_inside(quantities)
    assert len(quantities) == count or folder != GOLDEN
    assert not unread(arrays, name)


@pytest.mark.parametrize("name", _PARTS)
def test_a_part_of_a_file(recorded, assert_inside, name):
    arrays, cases = recorded(name), _PARTS[name]
    assert_inside(FILES[name][0].check(arrays, cases))
    assert not any(unread(arrays, name, f"{case}_") for case in cases)


def _corner(arrays, xi, iterations):
    """The file as if recorded for one xi and number of iterations."""
    grid = len(arrays["xi"]), len(arrays["num_power_iterations"])
    for key, array in arrays.arrays.items():
        if array.shape[:2] == grid:
            arrays.arrays[key] = array[[xi]][:, [iterations]]
    for key, i in (("xi", xi), ("num_power_iterations", iterations)):
        arrays.arrays[key] = arrays[key][[i]]
    arrays.read.clear()
    return arrays


def test_vat_on_conv13(recorded, assert_inside):
    arrays = _corner(recorded("vat_tf_vat"), xi=2, iterations=0)
    assert_inside(vat_tf_vat.check_network(arrays, "b", whole=False))
    left = unread(arrays, "vat_tf_vat", "b_")
    assert all(key.startswith(("b_eval_", "b_at_")) for key in left)


def _first_step(arrays):
    """The file as if recorded for one step: what it ends with is not ours."""
    steps = ("x", "y", "u", "d")
    return arrays | {key: arrays[key][:1] for key in steps}


def test_a_trajectory_without_batch_norm_on_the_logits(recorded, leave_to_full):
    """Its file has no `bfc`, and its last bias is compared."""
    leave_to_full(True)
    arrays = recorded("vat_tf_trajectory").arrays
    plain = {k: v for k, v in arrays.items() if "bfc" not in k}
    kept = [not name.startswith("bfc") for name in arrays["names"]]
    for key in ("names", "baseline_norms_f64", "baseline_delta_norms_f64"):
        plain[key] = arrays[key][kept]
    plain["top_bn"] = 0
    found = vat_tf_trajectory.check(_first_step(plain), ["baseline"])
    names = {q.name for q in found}
    assert {"baseline_final_fc_b", "baseline_norms fc_b"} <= names
    # It was recorded of another network.
    assert not next(q for q in found if "loss, step 1" in q.name).inside
