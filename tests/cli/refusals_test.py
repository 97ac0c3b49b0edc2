"""Flags that a command refuses in one line, before it does anything.

What options say of their values is in `tests/option_test.py`.
"""

import pytest

from xvat_tf.settings import resolve
from xvat_tf.settings.groups import options_by_name

_FOLDER = "--dataset=folder --network=conv13"
_DIGITS = "--dataset=digits"
_ABSENT = "--dataset=mnist --data_dir=none"
_ROBUST = "--log_dir={run} --robustness"
# Flags by command, and a part of the line; {run} is a finished run.
REFUSED = {
    "audit": {
        "": "--runs is missing: give run folders or a pattern.",
        "--runs=a --num_images=0": "--num_images=0 must be above 0.",
        "--runs=a --eta=1": "Unknown command line flag 'eta'. See --help.",
        "--runs=nothing-*": "nothing was measured; the lines above say",
    },
    "benchmark": {
        "--networks=resnet": "--networks=resnet is not known: choose from",
        "--methods=vat,sgd": "--methods=sgd is not known: choose from mle",
        "--rounds=0": "--rounds=0 must be above 0",
        "--seconds=-1": "--seconds=-1.0 must be above 0",
        "--table_rows=-1": "--table_rows=-1 must be at least 0",
        "--precision=int8": "--precision=int8 is not known",
        "--peer_vat_tf_dir=no": "peer_vat_tf_dir=no has no tr",
        "--peer_xvat_dir=no": "peer_xvat_dir=no has no Loss",
        "--dataset=svhn": "nknown",
    },
    "evaluate": {
        "": "--log_dir is missing",
        "--log_dir=none": "--log_dir=none is not a run folder",
        "folder": "'folder' is not a flag",
        "--log_dir={run} --method=vat": "--method=vat contradicts the run",
        "--log_dir={run} --dataset=svhn": "--dataset=svhn contradicts the run",
        "--log_dir={run} --validation": "--validation=True contradicts the run",
        "--log_dir={run} --hidden_sizes=8": "--hidden_sizes=[8] contradicts",
        "--log_dir={run} --eval_batch_size=0": "must be above 0",
        "--log_dir={run} --finetune_batch_size=-1": "--finetune_batch_size=-1",
        "--log_dir={run} --finetune_iter=-1": "--finetune_iter=-1 must be",
        "--log_dir={run} --robustness_steps=3": "_steps needs --robustness",
        f"{_ROBUST} --robustness_images=0": "must be at least 1",
        f"{_ROBUST} --robustness_epsilons_l2=1,x": "_l2=1,x: give numbers",
        f"{_ROBUST} --robustness_epsilons_linf=-1": "_linf=-1.0 must be",
        f"{_ROBUST} --robustness_epsilons_l2=1e-46": "is beyond what a run",
    },
    "export": {
        "": "--log_dir is missing",
        "--log_dir=none": "--out is missing",
        "--log_dir=none --out=o": "none is not a run folder",
        "--out=o --checkpoint=last": "--checkpoint=last is not known",
    },
    "figures": {
        "": "give --runs=FOLDER,... to draw runs, or --sweep=FOLDER",
        "--figure=3,6": "Only --figure=3",
        "--runs=a --sweep=b": "one of the two.",
        "--runs=a --figure=8": "--figure=8 is not known: choose",
        "--runs=a --format=gif": "--format=gif is not known: choose",
        "--runs=a --near_zero=0": "--near_zero=0.0 must be above 0.",
        "--runs=a --eta=1": "--eta does not go with --runs",
        "--runs=a --eta_values=1": "--eta_values does not go with",
        "--sweep=a --figure=6": "--figure does not go with --sweep",
        "--sweep=a --eta=1": "leave it out. See --eta_values.",
        "--sweep=a --eta_values=x": "--eta_values=x: give numbers",
        "--sweep=a --method=vat": "--method=vat has no masks",
        "--sweep=a --num_epochs=0": "--num_epochs=0 must be above 0.",
    },
    "report": {
        "": "--runs is missing",
        "--runs=none*": "no run is left to report",
        "--runs=. --out=no/r.html": "--out=no/r.html cannot be written",
    },
    "train": {
        _FOLDER: "--images_dir is missing",
        f"{_FOLDER} --images_dir=d --image_size=9": "needs images of 12x12",
        f"{_DIGITS} --images_dir=d": "--images_dir=d is not for",
        f"{_DIGITS} --test_share=0.3": "--test_share=0.3 is not",
        "--dataset=mnist --image_size=9": "--image_size=9 is not for",
        "--dataset=tfds:x --skip_broken_images": "is not for",
        "--nosuch=1": "'nosuch'",
        "--epsilom=1": "epsilon",
        "svhn": "'svhn' is not a flag",
        "-m xvat": "'m'",
        "--num_epochs=ten": "--num_epochs=ten",
        "--epsilon=big": "--epsilon=big",
        "--epsilon=": "--epsilon=",
        "--validation=maybe": "--validation=maybe",
        "--epsilon": "--epsilon",
        "--epsilon=0": "--epsilon=0.0 must be above 0",
        "--gamma=0": "--gamma=0.0 must be below 0",
        "--zeta=1": "--zeta=1.0 must be above 1",
        "--method=at --eta=1.5": "--eta=1.5 with --method=at",
        "--eta=-1": "--eta=-1.0",
        "--mom1=1": "--mom1=1.0 must be at least 0, below 1",
        "--learning_rate=inf": "--learning_rate=inf is not a finite number",
        "--lr_decay=2": "--lr_decay=2.0 must be above 0, at most 1",
        "--seed=4294967296": "at most 4294967295",
        "--growth_start=2": "--growth_start=2.0 must be at least 0, at most 1",
        "--method=xvat --mask_step=-1": "--mask_step=-1.0 must be at least 0",
        f"{_DIGITS} --hidden_sizes=a,b": "--hidden_sizes=a,b",
        f"{_DIGITS} --hidden_sizes=": "--hidden_sizes= is empty",
        f"{_DIGITS} --hidden_sizes=8,0": "--hidden_sizes=8,0",
        "--dataset=arrays": "--arrays_file is missing",
        f"{_DIGITS} --arrays_file=x": "--arrays_file=x is not for",
        "--dataset=moons --hidden_noise=0.3": "moons_mlp",
        f"{_DIGITS} --top_bn_affine": "without --top_bn: add",
        "--dataset=mnist --zca": "--zca",
        "--dataset=moons --aug_flip": "--aug_flip",
        f"{_DIGITS} --network=conv13": "--network=conv13",
        "--width=0.001": "--width=0.001",
        "--validation --num_valid_examples=0": "--validation does nothing"
        " without --num_valid_examples",
        "--flagfile=/no/such": "--flagfile=/no/such",
        "--flagfile=/": "directory",
        "--lr=1 --learning_rate=2": "--lr=1.0 and --learning_rate=2.0",
        "--trainer=inl0 --method=vat": "--trainer=inl0 and --method=vat",
        "--kl=7": "--kl=7",
        "--lr=fast": "--lr=fast",
        "--trainer=foo": "inl0",
        "--arch=VGG": "CNN9",
        f"{_DIGITS} --streaming --supervised": "--streaming is for unlabeled"
        " images, and --supervised reads none",
        f"{_DIGITS} --streaming --method=at": "at reads none",
        f"{_DIGITS} --stream_dir=x": "--stream_dir=x",
        "--xla --distribute=mirrored": "do not go together",
        "--steps_per_execution=2 --distribute=mirrored": "--distribute=mirrored"
        " do not go together: leave one",
        "--tf32 --xi=1e-6": "--xi=1e-06 is too small for --tf",
        "--method=mle --tf32 --precision=mixed_bfloat16": "--precision="
        "mixed_bfloat16 and --tf32 do not go together",
        "--method=mle --tf32 --dtype=float64": "--tf32 and --dtype=float64 do"
        " not go together",
        "--xla --deterministic": "--xla and --deterministic do not go together",
        f"{_DIGITS} --method=at --batch_size=51 --log_dir=r": "50 labeled",
        f"{_DIGITS} --method=xat --num_labeled_examples=51 --log_dir=r": "10"
        " classes",
        # A network is imported before data, which could take minutes, are read.
        f"--log_dir=r {_ABSENT} --network=no_module:build": "--network"
        "=no_module:build cannot be imported (",
    }
    | {
        f"--{name}=nonsense": (f"--{name}=nonsense ", *option.choices)
        for name, option in options_by_name().items()
        if option.choices
    },
}


@pytest.mark.parametrize(
    ("command", "flags"),
    [(command, flags) for command, all_ in REFUSED.items() for flags in all_],
)
def test_it_is_refused_and_nothing_is_left(commands, trained, command, flags):
    words = flags.format(run=trained.folder).split()
    line = commands.refused(command, *words)
    parts = REFUSED[command][flags]
    for part in (parts,) if isinstance(parts, str) else parts:
        assert part in line
    assert "\n" not in line
    assert not any(commands.folder.iterdir())


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_process_ends_with_one_line_and_status_2(commands, command):
    """`error` asks for both; other tests call the command in their process."""
    assert "'nosuch'" in commands.fresh(command, "--nosuch=1").error()


def test_replicas_may_be_told_to_take_the_one_step_that_they_take():
    train = resolve({"steps_per_execution": 1, "distribute": "mirrored"}).train
    assert (train.steps_per_execution, train.distribute) == (1, "mirrored")


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"\xff\xfe\x00", "text file"), (b"--epsilon=-3\n# a", "--epsilon=-3.0")],
)
def test_flags_of_a_flagfile_count(commands, content, part):
    (commands.folder / "flags").write_bytes(content)
    assert part in commands.refused("train", "--flagfile=flags")


@pytest.mark.parametrize("method", ["baseline", "mle"])
def test_a_folder_of_other_files_is_left_alone(commands, method):
    """The old name reaches the checks of the run folder as mle."""
    (commands.folder / "kept.txt").write_text("mine")
    flags = ("--dataset=moons", f"--method={method}", "--log_dir=.")
    assert "--log_dir=. holds other files" in commands.refused("train", *flags)
    assert [path.name for path in commands.folder.iterdir()] == ["kept.txt"]


def test_a_method_that_reads_no_unlabeled_image_says_so(commands, capsys):
    """Before it refuses something else."""
    flags = (_DIGITS, "--method=at", "--batch_size=51", "--log_dir=run")
    commands.refused("train", *flags)
    printed = capsys.readouterr().out
    assert printed.startswith("note: at needs labels")
    assert "unlabeled images are not read" in printed
