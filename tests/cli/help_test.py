"""`--help` tells everything, and needs no TensorFlow."""

import pytest

COMMON = (
    "data settings:",
    "network settings:",
    "method settings:",
    "train settings:",
    "names of the released PyTorch code, also taken:",
    "--method=text",
    "--num_epochs=int",
    "--epsilon=float",
    "--hidden_sizes=int,int,...",
    "--[no]validation",
    "digits: 256,256",
    "one of kl_clean_perturbed, kl_perturbed_clean, cross_entropy",
    "--lamb2=text",
    "--flagfile=text",
    "Longest time in minutes between checkpoints.",
    "Epochs of num_iter_per_epoch steps.",
)


@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("train", []),
        (
            "evaluate",
            ["evaluation:", "--finetune_iter=int", "--[no]robustness"],
        ),
        ("figures", ["figures:", "sweep:", "--runs=text,text,..."]),
    ],
)
def test_help_lists_groups_units_and_defaults(commands, command, own):
    ended = commands.fresh(
        command, "--help", environment={"PYTHONPROFILEIMPORTTIME": "1"}
    )
    assert ended.status == 0
    assert ended.out.startswith(f"usage: python -m xvat_tf.{command} ")
    for text in (*COMMON, *own):
        assert text in ended.out
    imported = {line.split("|")[-1].strip() for line in ended.err.splitlines()}
    assert "xvat_tf.command_line" in imported
    assert not imported & {"tensorflow", "keras", "numpy", "sklearn"}


def test_help_of_reproduce_imports_little(commands):
    ended = commands.fresh(
        "reproduce", "--help", environment={"PYTHONPROFILEIMPORTTIME": "1"}
    )
    assert ended.status == 0
    assert ended.out.startswith("usage: python -m xvat_tf.reproduce --table=1")
    for text in ("--table=text", "--seeds=text,text,...", "--[no]render"):
        assert text in ended.out
    imported = {line.split("|")[-1].strip() for line in ended.err.splitlines()}
    assert not imported & {"tensorflow", "keras", "numpy"}


def test_help_wins_over_wrong_values(commands):
    assert commands.train("--help", "--epsilon=-1").status == 0


def test_no_line_of_help_is_wide(commands):
    lines = commands.train("--help").out.splitlines()
    flags = [line for line in lines if line.startswith("  --")]
    assert len(flags) == len(set(flags)) > 60
    assert max(map(len, flags)) <= 80
