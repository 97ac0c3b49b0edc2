"""How a step is computed, through the commands: train, evaluate."""

import json

import pytest
import tensorflow as tf
from tensorflow.python.framework import config

SMALL = (
    "--dataset=digits",
    "--hidden_sizes=16",
    "--num_epochs=1",
    "--num_iter_per_epoch=5",
    "--panel_freq=0",
    "--log_dir=run",
)


@pytest.mark.parametrize(
    "flags",
    [
        ("--method=vat", "--xi=0.1", "--precision=mixed_float16"),
        ("--method=mle", "--precision=mixed_bfloat16", "--xla"),
    ],
    ids=["float16", "bfloat16-xla"],
)
def test_train_and_evaluate(flags, commands, precision):
    trained = commands.called("train", *SMALL, *flags)
    assert trained.value("status") == "finished"
    evaluated = commands.called("evaluate", "--log_dir=run")
    assert trained.value("test accuracy, final") in evaluated.out


def test_arithmetic_is_set_recorded_and_said(commands, precision):
    commands.called("train", *SMALL, "--method=mle")
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    assert not config.is_op_determinism_enabled()
    flags = ("--tf32", "--deterministic", "--log_dir=other")
    trained = commands.called("train", *SMALL, "--method=mle", *flags)
    assert tf.config.experimental.tensor_float_32_execution_enabled()
    assert config.is_op_determinism_enabled()
    said = " ".join(trained.out.split())
    assert "on CPU:0, float32, TF32 products, deterministic." in said
    for flag in ("tf32", "deterministic"):
        assert f"note: --{flag} has no effect without a GPU." in trained.out
    record = json.loads((commands.folder / "other/settings.json").read_text())
    chosen = [record["settings"][n] for n in ("tf32", "deterministic", "xla")]
    assert chosen == [True, True, False]
