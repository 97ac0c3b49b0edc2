"""Commands of the official VAT code and names of the released xVAT code."""

import types

import pytest

from tests.documentation.commands import flags_of
from xvat_tf import evaluate
from xvat_tf.command_line import CommandLine
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve, to_values

# Defaults of train_semisup.py, vat.py, layers.py, cnn.py, cifar10.py.
OFFICIAL = {
    "device": "/gpu:0",
    "dataset": "cifar10",
    "log_dir": "",
    "seed": 1,
    "validation": False,
    "batch_size": 32,
    "ul_batch_size": 128,
    "eval_batch_size": 100,
    "eval_freq": 5,
    "num_epochs": 120,
    "epoch_decay_start": 80,
    "num_iter_per_epoch": 400,
    "learning_rate": 0.001,
    "mom1": 0.9,
    "mom2": 0.5,
    "method": "vat",
    "epsilon": 8.0,
    "num_power_iterations": 1,
    "xi": 1e-6,
    "bn_stats_decay_factor": 0.99,
    "keep_prob_hidden": 0.5,
    "lrelu_a": 0.1,
    "top_bn": False,
    "num_labeled_examples": 4000,
    "num_valid_examples": 1000,
    "dataset_seed": 1,
    "aug_trans": False,
    "aug_flip": False,
}
CIFAR = {
    "dataset": "cifar10",
    "data_dir": "./dataset/cifar10/",
    "num_epochs": 500,
    "epoch_decay_start": 460,
}
SVHN = {
    "dataset": "svhn",
    "data_dir": "./dataset/svhn/",
    "num_epochs": 120,
    "epoch_decay_start": 80,
    "num_labeled_examples": 1000,
    "top_bn": True,
}
CIFAR_FLAGS = (
    "--dataset=cifar10 --data_dir=./dataset/cifar10/ --log_dir=./log/"
    " --num_epochs=500 --epoch_decay_start=460"
)
SVHN_FLAGS = (
    "--dataset=svhn --data_dir=./dataset/svhn/ --log_dir=./log/"
    " --num_epochs=120 --epoch_decay_start=80"
)
COMMANDS = [
    (f"{CIFAR_FLAGS} --epsilon=10.0 --method=vat", CIFAR | {"epsilon": 10.0}),
    (
        f"{SVHN_FLAGS} --epsilon=2.5 --top_bn --method=vat",
        SVHN | {"epsilon": 2.5},
    ),
    (
        f"{CIFAR_FLAGS} --aug_flip=True --aug_trans=True --epsilon=8.0"
        " --method=vatent",
        CIFAR | {"aug_flip": True, "aug_trans": True, "method": "vatent"},
    ),
    (
        f"{SVHN_FLAGS} --epsilon=3.5 --aug_trans=True --top_bn --method=vatent",
        SVHN | {"epsilon": 3.5, "aug_trans": True, "method": "vatent"},
    ),
]


def _parse(text):
    return CommandLine("usage").parse(text.split())


def _resolved(text):
    return to_values(resolve(_parse(text)))


@pytest.mark.parametrize(("flags", "expected"), COMMANDS)
def test_official_training_commands_mean_the_same(flags, expected):
    values = _resolved(flags)
    expected = OFFICIAL | expected | {"log_dir": "./log/"}
    assert {name: values[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("dataset", "labeled"), [("cifar10", 4000), ("svhn", 1000)]
)
def test_official_defaults(dataset, labeled):
    values = _resolved(f"--dataset={dataset}")
    expected = OFFICIAL | {"dataset": dataset, "num_labeled_examples": labeled}
    assert {name: values[name] for name in expected} == expected


def test_every_official_flag_is_taken_as_it_is_written():
    flags = [f"--{name}={value}" for name, value in OFFICIAL.items()]
    assert CommandLine("usage").parse(flags) == OFFICIAL


@pytest.mark.parametrize(
    ("training", "flags"),
    [
        (0, "--dataset=cifar10 --data_dir=./dataset/cifar10/"),
        (1, "--dataset=svhn --data_dir=./dataset/svhn/ --top_bn"),
    ],
)
def test_official_evaluation_commands(tmp_path, training, flags):
    recorded = resolve(_parse(COMMANDS[training][0]))
    folder = RunFolder(tmp_path)
    split = types.SimpleNamespace(sha256="0", save=lambda path: None)
    folder.record_start(recorded, split)
    arguments = [*flags.split(), f"--log_dir={tmp_path}"]
    given = flags_of("xvat_tf.evaluate", arguments)
    values = to_values(evaluate._settings(folder, given))
    expected = to_values(recorded) | {
        "eval_batch_size": 500,
        "log_dir": str(tmp_path),
    }
    assert values == expected


def test_evaluation_takes_the_official_batch_norm_flags():
    names = ("finetune_batch_size", "finetune_iter")
    given = flags_of("xvat_tf.evaluate", [f"--{name}=7" for name in names])
    assert given == dict.fromkeys(names, 7)
    defaults = {n: option.default for n, option in evaluate._OPTIONS.items()}
    assert defaults["finetune_batch_size"] == 100
    assert defaults["finetune_iter"] == 100


@pytest.mark.parametrize(
    ("released", "ours"),
    [
        ("--lr=0.01", "--learning_rate=0.01"),
        ("--lr-a=0.1", "--generator_learning_rate=0.1"),
        ("--lr_a=0.1", "--generator_learning_rate=0.1"),
        ("--lamb=0.5", "--lambda_l0=0.5"),
        ("--lamb2=0.25", "--lambda_smooth=0.25"),
        ("--alpha=0.75", "--eta=0.75"),
        ("--method=vat --eps=2.5", "--method=vat --epsilon=2.5"),
        ("--method=xvat --eps=2.5", "--method=xvat --mask_gain=2.5"),
        (
            "--trainer=inl0 --eps=2",
            "--method=xvat --mask_model=inductive --mask_gain=2.0",
        ),
        ("--trainer=l0", "--method=xvat --mask_model=transductive"),
        ("--trainer=l0at", "--method=xat"),
        ("--trainer=l0at --kl=0", "--method=xat --xat_target=label"),
        (
            "--trainer=l0at --kl=1",
            "--method=xat"
            " --xat_target=prediction --divergence=kl_perturbed_clean",
        ),
        (
            "--trainer=inl0ent --eps=2",
            "--method=xvatent --mask_model=inductive --mask_gain=2.0",
        ),
        ("--trainer=l0ent", "--method=xvatent --mask_model=transductive"),
        ("--trainer=ce", "--method=mle"),
        ("--trainer=vat", "--method=vat"),
        ("--kl=0", "--divergence=cross_entropy"),
        ("--kl=1", "--divergence=kl_perturbed_clean"),
        ("--size=2000", "--num_labeled_examples=2000"),
        ("--num-batch-it=300", "--num_iter_per_epoch=300"),
        ("--k=3", "--num_power_iterations=3"),
        ("--layer=2", "--generator_layers=2"),
        ("--drop=0.25", "--keep_prob_hidden=0.75"),
        ("--arch=CNN9", "--network=conv13"),
        ("--arch=MLPSemi", "--network=mlp --hidden_sizes=1200,1200"),
        ("--arch=MLPSup", "--network=mlp --hidden_sizes=1200,600,300,150"),
        ("--lr=2 --learning_rate=2", "--learning_rate=2.0"),
    ],
)
def test_released_names_translate(released, ours):
    assert _parse(released) == _parse(ours)


def test_baseline_is_the_official_name_of_mle():
    assert _resolved("--method=baseline") == _resolved("--method=mle")
