"""Timed peers: they train, they wait without work, they end with the context.

The programs are small stand-ins; the real ones are never needed.
"""

import dataclasses
import importlib.util
import math
import os
import pathlib
import sys
import time

import numpy as np
import pytest

from tests.stand_in_programs import write_official, write_released
from xvat_tf.benchmarking.cases import make_case
from xvat_tf.benchmarking.peers import official_peers, released_peers
from xvat_tf.errors import UserError
from xvat_tf.reference import programs
from xvat_tf.reference.side_by_side.child_process import ChildProcess

_METHODS = ("mle", "vat", "xvat")
_RELEASED = {
    "xvat mle": "mle",
    "xvat vat": "vat",
    "xvat xvat inductive": "xvat-inductive",
    "xvat xvat transductive": "xvat-transductive",
    "xvat xvat transductive sgd": "xvat-transductive",
}
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs PyTorch"
)


def small(network):
    """A case of small steps."""
    given = {"batch_size": 2, "ul_batch_size": 3}
    if network == "mlp":
        network, given["hidden_sizes"] = "mlp-1200-1200", (7, 5)
    return make_case(network, "mle", given, table_rows=11)


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    """The VAT of the stand-in for the official program."""
    folder = write_official(tmp_path_factory.mktemp("official"))
    _, vat = official_peers(folder, ("mle", "vat"), small("conv13"))
    return vat


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Peers of the stand-in for the PyTorch code, by network."""
    folder = write_released(tmp_path_factory.mktemp("released"))

    def peers(network):
        found = released_peers(folder, sys.executable, _METHODS, small(network))
        return {peer.title: peer for peer in found}

    return peers


@needs_torch
@pytest.mark.parametrize("network", ["mlp", "conv13"])
@pytest.mark.parametrize("name", _RELEASED)
def test_the_released_program_trains(released, tmp_path, name, network):
    from xvat_tf.reference.xvat.child import ReleasedSide

    program = released(network)[name]
    np.savez(tmp_path / "inputs.npz", **program.inputs)
    side = ReleasedSide(
        program.request | {"inputs": str(tmp_path / "inputs.npz")}
    )
    trained = [*side._classifier.state_dict().values()]
    trained += side._regularizer.ascending
    before = [tensor.detach().clone() for tensor in trained]
    seconds, loss = side.step(0)
    assert seconds > 0 and math.isfinite(loss)
    for old, new in zip(before, trained, strict=True):
        assert (old != new).any()


def test_official_peers_are_named_before_any_starts(official):
    folder = pathlib.Path(official.request["folder"])
    found = official_peers(folder, _METHODS, small("conv13"))
    named = {peer.title: peer.ours for peer in found}
    assert named == {"vat_tf mle": "mle", "vat_tf vat": "vat"}
    assert official_peers(folder, _METHODS, small("mlp")) == []


def test_released_peers_are_named_before_any_starts(released):
    found = released("mlp").values()
    assert {peer.title: peer.ours for peer in found} == _RELEASED


_ANSWERS = f"""exec {sys.executable} -c "
from xvat_tf.reference.side_by_side import channel
class Side:
    device = 'cpu'
    def __init__(self, request):
        print('not an answer')
    def step(self, number):
        return 0.25, 2.0 + number
channel.serve(Side)
"
"""


def test_a_child_takes_steps_waits_and_ends(official, tmp_path):
    """Without work it takes no processor time."""
    quick = dataclasses.replace(official, python=_script(tmp_path, _ANSWERS))
    with ChildProcess(quick, tmp_path) as child:
        assert math.isnan(child.loss) and child.device == "cpu"
        assert child.step(1) == 0.25 and child.loss == 3.0
        assert 10 * 2**20 < child.peak_memory() < 2**40
        process = child._process.pid
        before = _processor_seconds(process)
        time.sleep(0.5)
        assert _processor_seconds(process) - before < 0.1
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def _processor_seconds(process):
    path = pathlib.Path(f"/proc/{process}/stat")
    if not path.exists():
        pytest.skip("needs /proc")
    user, system = path.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_child_that_ends_shows_its_last_line(official, tmp_path):
    failing = _script(tmp_path, "echo first >&2; echo last words >&2; exit 1")
    program = dataclasses.replace(official, python=failing)
    with pytest.raises(UserError, match="vat_tf vat.*: last words") as caught:
        ChildProcess(program, tmp_path)
    assert "\n" not in str(caught.value)


def _script(folder, text):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_wrong_checkout_takes_one_line(tmp_path):
    missing = "--peer_vat_tf_dir=.* has no train.*github.com/takerum/vat_tf"
    with pytest.raises(UserError, match=missing):
        programs.find_official(str(tmp_path), "peer_vat_tf_dir")
    missing = "--xvat_dir=.*/no has no Loss/L0L.*github.com/sndnyang/xvat"
    with pytest.raises(UserError, match=missing):
        programs.find_released(f"{tmp_path}/no", sys.executable, "xvat_dir")


def test_an_interpreter_without_pytorch_is_named(tmp_path):
    folder = write_released(tmp_path)
    bare = _script(tmp_path, "echo No module named torch >&2; exit 1")
    with pytest.raises(UserError, match="PyTorch.*No module named torch"):
        programs.find_released(str(folder), bare, "xvat_dir")
