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

import pytest

from tests.stand_in_programs import write_official, write_released
from xvat_tf.benchmarking.peers.official import official_peers
from xvat_tf.benchmarking.peers.peer import Sizes
from xvat_tf.benchmarking.peers.released import released_peers
from xvat_tf.errors import UserError

_SIZES = Sizes(2, 3, hidden_sizes=(7, 5), table_rows=11)
_RELEASED = {
    "xvat mle": ("mle", ""),
    "xvat vat": ("vat", ""),
    "xvat xvat inductive": ("xvat", "inductive"),
    "xvat xvat transductive": ("xvat", "transductive"),
    "xvat xvat transductive sgd": ("xvat", "transductive"),
}
_CONV13 = {"network": "conv13"}
_METHODS = ("mle", "vat", "xvat")
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs PyTorch"
)


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    return write_official(tmp_path_factory.mktemp("official"))


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    return write_released(tmp_path_factory.mktemp("released"))


def torch_peers(folder):
    return released_peers(str(folder), sys.executable, "mlp", _METHODS, _SIZES)


@pytest.fixture(scope="module")
def by_name(released):
    """Factories of the stand-in for the PyTorch code."""
    return {make.name: make for make in torch_peers(released)}


def check_steps(peer, parts):
    """Two steps take time, have losses and change every part."""
    before = peer.checksums()
    seconds = [peer.step() for _ in range(2)]
    after = peer.checksums()
    assert min(seconds) > 0
    assert math.isfinite(peer.loss)
    assert {part for part in after if after[part] != before[part]} == parts


def process_id(peer):
    return peer._child._process.pid


def test_the_official_program_trains(official, tmp_path):
    (make,) = official_peers(str(official), "conv13", ("vat",), _SIZES)
    with make(tmp_path) as peer:
        check_steps(peer, {"classifier", "statistics"})


@needs_torch
@pytest.mark.parametrize("name", list(_RELEASED)[1:4])
def test_the_released_program_trains(by_name, tmp_path, name):
    trained = {"classifier", "statistics"}
    if by_name[name].method == "xvat":
        trained.add("masks")
    with by_name[name](tmp_path) as peer:
        assert peer.device in ("cpu", "cuda")
        check_steps(peer, trained)


def test_official_peers_are_named_before_any_starts(official):
    def make(network):
        return official_peers(str(official), network, _METHODS, _SIZES)

    assert [m.name for m in make("conv13")] == ["vat_tf mle", "vat_tf vat"]
    assert make("mlp") == []


@needs_torch
def test_released_peers_are_named_before_any_starts(by_name):
    named = {n: (m.method, m.mask_model) for n, m in by_name.items()}
    assert named == _RELEASED


@needs_torch
def test_peers_take_turns_wait_without_work_and_end(by_name, tmp_path):
    make = by_name["xvat xvat transductive sgd"]
    make = dataclasses.replace(make, request=make.request | _CONV13)
    trained = {"classifier", "statistics"}
    with by_name["xvat mle"](tmp_path) as one, make(tmp_path) as other:
        check_steps(one, trained)
        check_steps(other, trained | {"masks"})
        check_steps(one, trained)
        assert 10 * 2**20 < one.peak_memory() < 2**40
        child = process_id(one)
        before = _processor_seconds(child)
        time.sleep(0.5)
        assert _processor_seconds(child) - before < 0.1
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def _processor_seconds(process):
    path = pathlib.Path(f"/proc/{process}/stat")
    if not path.exists():
        pytest.skip("needs /proc")
    user, system = path.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def test_a_child_that_ends_shows_its_last_line(official, tmp_path):
    (make,) = official_peers(str(official), "conv13", ("vat",), _SIZES)
    failing = _script(tmp_path, "echo first >&2; echo last words >&2; exit 1")
    peer = dataclasses.replace(make, python=failing)(tmp_path)
    with pytest.raises(UserError, match="vat_tf vat.*: last words") as caught:
        peer.__enter__()
    assert "\n" not in str(caught.value)


def _script(folder, text):
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_wrong_checkout_takes_one_line(tmp_path):
    nowhere = str(tmp_path / "nowhere")
    with pytest.raises(UserError, match="--peer_vat_tf_dir=.*not a folder"):
        official_peers(nowhere, "conv13", _METHODS, _SIZES)
    with pytest.raises(UserError, match="--peer_xvat_dir=.*not a folder"):
        torch_peers(nowhere)
    with pytest.raises(UserError, match="lacks cnn.py.*takerum/vat_tf"):
        official_peers(str(tmp_path), "conv13", _METHODS, _SIZES)
    with pytest.raises(UserError, match="lacks ExpUtils.py.*Loss/VAT.py"):
        torch_peers(tmp_path)


def test_an_interpreter_without_pytorch_is_named(released, tmp_path):
    bare = _script(tmp_path, "echo No module named torch >&2; exit 1")
    with pytest.raises(UserError, match="PyTorch.*No module named torch"):
        released_peers(str(released), bare, "mlp", _METHODS, _SIZES)
