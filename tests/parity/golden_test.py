"""Every recorded file is inside its bars, and nothing in it is overlooked.

Files of conv13 at full width are compared in part: here one corner of a grid
or one run of each method, all of it by `folder.check_folder`.
"""

import pytest

from xvat_tf.parity import golden
from xvat_tf.parity.golden import vat_tf_trajectory, vat_tf_vat


@pytest.mark.parametrize(
    "name",
    [
        "splits",
        "zca",
        "vat_tf_losses",
        "vat_tf_cnn",
        "xvat_torch_mask",
        "xvat_torch_models",
        "xvat_torch_inductive",
        "xvat_torch_transductive",
    ],
)
def test_a_whole_file(recorded, assert_inside, name):
    arrays = recorded(name)
    assert_inside(golden.FILES[name].check(arrays))
    assert not {k for k in arrays.unread() if not golden.is_omitted(name, k)}


def _corner(arrays, xi, iterations):
    """The file as if recorded for one xi and number of iterations."""
    grid = {
        key
        for key, dims in vat_tf_vat.SCHEMA.items()
        if dims.split()[:2] == ["xi", "k"]
    }
    for key in grid:
        arrays.arrays[key] = arrays[key][[xi]][:, [iterations]]
    for key, i in (("xi", xi), ("num_power_iterations", iterations)):
        arrays.arrays[key] = arrays[key][[i]]
    arrays.read.clear()
    return arrays


@pytest.mark.parametrize(
    ("network", "xi", "iterations"), [("a", 0, 0), ("b", 2, 1)]
)
def test_vat_on_conv13(recorded, assert_inside, network, xi, iterations):
    arrays = _corner(recorded("vat_tf_vat"), xi, iterations)
    assert_inside(vat_tf_vat.check_network(arrays, network))
    left = {
        key
        for key in arrays.unread()
        if key.startswith(f"{network}_")
        and not golden.is_omitted("vat_tf_vat", key)
    }
    assert not left


@pytest.mark.parametrize("run", ["baseline", "vatent_xi1e-1"])
def test_trajectory_of_conv13(recorded, assert_inside, run):
    arrays = recorded("vat_tf_trajectory")
    assert_inside(vat_tf_trajectory.check(arrays, [run]))
    left = {
        key
        for key in arrays.unread()
        if key.startswith(f"{run}_")
        and not golden.is_omitted("vat_tf_trajectory", key)
    }
    assert not left


@pytest.mark.parametrize("name", golden.FILES)
def test_the_schema_is_that_of_the_recorded_file(recorded, name):
    golden.check_schema(name, recorded(name).arrays, golden.FILES[name].SCHEMA)


def test_omissions_are_reported_with_their_reasons():
    lines = golden.report(["splits"])
    assert len(lines) == 2
    assert lines[1].startswith("splits: mnist_unlabeled_order_first_*: our")
