"""`python -m xvat_tf.benchmark`, on the smallest network."""

import json

import pytest

from xvat_tf import benchmark, train
from xvat_tf.benchmarking import this_machine
from xvat_tf.benchmarking.cases import timed_methods
from xvat_tf.errors import UserError

FEW = ("mle", "vat", "xvat-inductive", "temporal")
MOONS = ["--networks=moons", "--rounds=2", "--seconds=0.01"]


@pytest.fixture(autouse=True)
def small_products(monkeypatch):
    monkeypatch.setattr(this_machine, "_SIZES", {"CPU": 128, "GPU": 128})


def test_every_method_is_timed(tmp_path, capsys, full):
    """In the suite one of each kind."""
    methods = timed_methods() if full else FEW
    file = tmp_path / "found.json"
    flags = [*MOONS, f"--methods={','.join(methods)}", f"--json={file}"]
    benchmark.main([*flags, "--table3"])
    printed = capsys.readouterr().out
    record = json.loads(file.read_text())
    found = {times["name"]: times for times in record["steps"]}
    assert list(found) == list(methods)
    for times in record["steps"]:
        assert min(times["samples"]) > 0 and len(times["samples"]) >= 2
        assert times["peak_bytes"] > 0 and times["first_call"] > 0
        assert f"| {times['name']}" in printed
    assert found["vat"]["ratio_to_vat"] == 1
    assert record["machine"]["cores"] >= 1
    assert record["machine"]["arithmetic"] == "float32"
    assert min(record["matrix_gflop_per_second"].values()) > 0
    assert record["steps_per_epoch"] == {"moons": 100}
    assert "s per epoch" in printed


def test_what_is_around_the_step(tmp_path, capsys):
    file = tmp_path / "found.json"
    benchmark.main(
        [
            *MOONS,
            "--methods=xvat-inductive",
            "--parts=input,evaluation,fit",
            "--num_epochs=3",
            "--num_iter_per_epoch=4",
            f"--json={file}",
        ]
    )
    [found] = json.loads(file.read_text())["surroundings"]
    assert len(found["fit"]) == len(found["bare"]) == 2
    assert len(found["input"]) == 200
    assert min(found["evaluation"] + found["forward passes"]) > 0
    assert "of the bare compiled step" in capsys.readouterr().out


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a program in the place of Python."""

    def make(*lines):
        program = tmp_path / "python"
        program.write_text("\n".join(["#!/bin/sh", *lines]))
        program.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(program))

    return make


def test_one_step_command(stand_in, tmp_path, capsys):
    """What it starts, which is recorded, takes one step."""
    stand_in(f"echo $@ >> {tmp_path}/words")
    benchmark.main([*MOONS, "--methods=mle", "--parts=start"])
    printed = capsys.readouterr().out
    assert "command of one step" in printed and "--help" in printed
    whole, shown = (tmp_path / "words").read_text().splitlines()
    assert shown == "-m xvat_tf.train --help"
    m, module, *flags = whole.split()
    assert (m, module) == ("-m", "xvat_tf.train")
    assert train.main([*flags, f"--log_dir={tmp_path}/run"]) == 0
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert results["steps"] == 1


def test_a_command_that_fails_ends_in_its_line(stand_in):
    stand_in("echo 'error: no mnist here' >&2", "exit 2")
    with pytest.raises(UserError, match="^no mnist here$"):
        benchmark.main([*MOONS, "--methods=mle", "--parts=start"])
