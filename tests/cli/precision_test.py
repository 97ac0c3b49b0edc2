"""Low precision and XLA through the commands: train, evaluate."""

import pytest

SMALL = (
    "--dataset=digits",
    "--hidden_sizes=16",
    "--num_epochs=2",
    "--num_iter_per_epoch=10",
    "--log_dir=run",
)


@pytest.mark.parametrize(
    "flags",
    [
        ("--method=vat", "--xi=0.1", "--precision=mixed_float16"),
        ("--method=xvat", "--precision=mixed_bfloat16", "--xla"),
    ],
    ids=["float16", "bfloat16-xla"],
)
def test_train_and_evaluate(flags, commands, precision):
    trained = commands.called("train", *SMALL, *flags)
    assert trained.value("status") == "finished"
    evaluated = commands.called("evaluate", "--log_dir=run")
    assert trained.value("test accuracy, final") in evaluated.out


@pytest.mark.parametrize(
    "flags, message",
    [
        (
            ("--method=vat", "--precision=mixed_bfloat16"),
            "give --xi=0.1 or above",
        ),
        (
            ("--method=xvat", "--xla", "--distribute=mirrored"),
            "leave one of them out",
        ),
    ],
)
def test_what_cannot_be_ends_in_one_line(flags, message, commands):
    assert message in commands.refused("train", *SMALL, *flags)
    assert not (commands.folder / "run").exists()
