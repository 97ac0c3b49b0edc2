"""Every wrong setting ends in one line that names flag and value."""

import pytest

from xvat_tf.settings import resolve
from xvat_tf.settings.groups import options_by_name

DIGITS = "--dataset=digits"
CASES = {
    "unknown flag": (["--nosuch=1"], "'nosuch'"),
    "misspelt flag": (["--epsilom=1"], "epsilon"),
    "positional": (["svhn"], "'svhn' is not a flag"),
    "single dash": (["-m", "xvat"], "'m'"),
    "dataset": (["--dataset=imagenet"], "--dataset=imagenet", "cifar100"),
    "method": (["--method=fgsm"], "--method=fgsm", "vatent"),
    "network": (["--network=vit"], "--network=vit", "conv13"),
    "int from text": (["--num_epochs=ten"], "--num_epochs=ten"),
    "float from text": (["--epsilon=big"], "--epsilon=big"),
    "float from nothing": (["--epsilon="], "--epsilon="),
    "bool from text": (["--validation=maybe"], "--validation=maybe"),
    "no value": (["--epsilon"], "--epsilon"),
    "epsilon 0": (["--epsilon=0"], "--epsilon=0.0 must be above 0"),
    "epsilon nan": (["--epsilon=nan"], "--epsilon=nan", "finite"),
    "gamma 0": (["--gamma=0"], "--gamma=0.0 must be below 0"),
    "zeta 1": (["--zeta=1"], "--zeta=1.0 must be above 1"),
    "eta of at": (["--method=at", "--eta=1.5"], "--eta=1.5", "--method=at"),
    "eta below 0": (["--eta=-1"], "--eta=-1.0"),
    "mom1": (["--mom1=1"], "--mom1=1.0", "below 1"),
    "lr infinite": (["--learning_rate=inf"], "--learning_rate=inf", "finite"),
    "lr grows": (["--lr_decay=2"], "--lr_decay=2.0 must be above 0, at most 1"),
    "seed": (["--seed=4294967296"], "--seed=4294967296", "4294967295"),
    "hidden_sizes": ([DIGITS, "--hidden_sizes=a,b"], "--hidden_sizes=a,b"),
    "no hidden_sizes": (
        [DIGITS, "--hidden_sizes="],
        "--hidden_sizes= is empty",
    ),
    "hidden_sizes 0": ([DIGITS, "--hidden_sizes=8,0"], "--hidden_sizes=8,0"),
    "no arrays_file": (["--dataset=arrays"], "--arrays_file is missing"),
    "arrays_file": ([DIGITS, "--arrays_file=x"], "--arrays_file=x", DIGITS),
    "hidden_noise": (
        ["--dataset=moons", "--hidden_noise=0.3"],
        "--hidden_noise=0.3",
        "moons_mlp",
    ),
    "top_bn_affine": ([DIGITS, "--top_bn_affine"], "without --top_bn: add"),
    "growth_start": (["--growth_start=2"], "--growth_start=2.0", "at most 1"),
    "mask_step": (
        ["--method=xvat", "--mask_step=-1"],
        "--mask_step=-1.0 must be at least 0",
    ),
    "zca": (["--dataset=mnist", "--zca"], "--zca", "mnist"),
    "aug": (["--dataset=moons", "--aug_flip"], "--aug_flip", "moons"),
    "conv13": ([DIGITS, "--network=conv13"], "--network=conv13", DIGITS),
    "width": (["--width=0.001"], "--width=0.001"),
    "validation": (
        ["--validation", "--num_valid_examples=0"],
        "--validation does nothing without --num_valid_examples",
    ),
    "flagfile missing": (["--flagfile=/no/such"], "--flagfile", "/no/such"),
    "flagfile folder": (["--flagfile=/"], "--flagfile=/", "directory"),
    "two names": (
        ["--lr=1", "--learning_rate=2"],
        "--lr=1",
        "--learning_rate=2.0",
    ),
    "trainer and method": (
        ["--trainer=inl0", "--method=vat"],
        "--trainer=inl0",
        "--method=vat",
    ),
    "kl": (["--kl=7"], "--kl=7"),
    "trainer": (["--trainer=foo"], "--trainer=foo", "inl0"),
    "arch": (["--arch=VGG"], "--arch=VGG", "CNN9"),
    "streamed labels": (
        [DIGITS, "--streaming", "--supervised"],
        "--streaming is for unlabeled images, and --supervised reads none",
    ),
    "streamed at": ([DIGITS, "--streaming", "--method=at"], "at reads none"),
    "no streaming": ([DIGITS, "--stream_dir=x"], "--stream_dir=x", "add"),
    "xla of several": (
        ["--xla", "--distribute=mirrored"],
        "do not go together",
    ),
    "steps of several": (
        ["--steps_per_execution=2", "--distribute=mirrored"],
        "--distribute=mirrored do not go together: leave one",
    ),
    "xi of tf32": (["--tf32", "--xi=1e-6"], "--xi=1e-06 is too small for --tf"),
    "tf32 and bfloat16": (
        ["--method=mle", "--tf32", "--precision=mixed_bfloat16"],
        "--precision=mixed_bfloat16 and --tf32 do not go together",
    ),
    "tf32 and double": (
        ["--method=mle", "--tf32", "--dtype=float64"],
        "--tf32 and --dtype=float64 do not go together",
    ),
    "xla and the same bits": (
        ["--xla", "--deterministic"],
        "--xla and --deterministic do not go together",
    ),
    "lr text": (["--lr=fast"], "--lr=fast"),
}


def test_replicas_may_be_told_to_take_the_one_step_that_they_take():
    train = resolve({"steps_per_execution": 1, "distribute": "mirrored"}).train
    assert (train.steps_per_execution, train.distribute) == (1, "mirrored")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_process_ends_with_one_line_and_status_2(commands, command):
    """`error` asks for both; other tests call the command in their process."""
    assert "'nosuch'" in commands.fresh(command, "--nosuch=1").error()


@pytest.mark.parametrize("name", CASES)
def test_fails_in_one_line_and_leaves_nothing(commands, name):
    flags, *parts = CASES[name]
    line = commands.refused("train", *flags)
    for part in parts:
        assert part in line
    assert list(commands.folder.iterdir()) == []


def test_a_network_is_imported_before_data_are_read(commands):
    """They are not there, and could take minutes to read."""
    flags = ("--dataset=mnist", "--data_dir=none", "--network=no_module:build")
    line = commands.refused("train", *flags)
    assert line.startswith("--network=no_module:build cannot be imported (")


@pytest.mark.parametrize(
    "name", [name for name, o in options_by_name().items() if o.choices]
)
def test_a_choice_that_there_is_not(commands, name):
    line = commands.refused("train", f"--{name}=nonsense")
    assert line.startswith(f"--{name}=nonsense ")
    for choice in options_by_name()[name].choices:
        assert choice in line


def test_flagfile_that_is_no_text(commands):
    path = commands.folder / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    line = commands.refused("train", "--flagfile=binary")
    assert "--flagfile" in line and "text file" in line


def test_flags_of_a_flagfile_count(commands):
    (commands.folder / "flags").write_text("--epsilon=-3\n# a comment\n")
    line = commands.refused("train", "--flagfile=flags")
    assert line.startswith("--epsilon=-3.0")


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        ([], ["--log_dir is missing"]),
        (["--log_dir=none"], ["--log_dir=none", "settings.json"]),
        (["--nosuch=1"], ["'nosuch'"]),
        (["--finetune_iter=x"], ["--finetune_iter=x"]),
        (["folder"], ["'folder' is not a flag"]),
    ],
)
def test_evaluate_fails_in_one_line(commands, flags, parts):
    line = commands.refused("evaluate", *flags)
    assert all(part in line for part in parts)


def test_baseline_is_mle(commands):
    """The old name reaches the checks of the run folder as mle."""
    (commands.folder / "kept.txt").write_text("mine")
    for method in ("baseline", "mle"):
        line = commands.refused(
            "train", "--dataset=moons", f"--method={method}", "--log_dir=."
        )
        assert "--log_dir=. holds other files" in line
    assert [path.name for path in commands.folder.iterdir()] == ["kept.txt"]


@pytest.mark.parametrize(
    ("method", "flag", "parts"),
    [
        ("at", "--batch_size=51", ["--batch_size=51", "50 labeled images"]),
        (
            "xat",
            "--num_labeled_examples=51",
            ["--num_labeled_examples=51", "10 classes"],
        ),
    ],
)
def test_batches_and_labels_that_do_not_fit(
    commands, capsys, method, flag, parts
):
    """And both methods say first that they read no unlabeled image."""
    flags = ("--dataset=digits", f"--method={method}", flag, "--log_dir=run")
    line = commands.refused("train", *flags)
    assert all(part in line for part in parts)
    printed = capsys.readouterr().out
    assert printed.startswith(f"note: {method} needs labels")
    assert "unlabeled images are not read" in printed
    assert not (commands.folder / "run").exists()
