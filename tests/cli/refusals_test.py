"""Flags that a command refuses before it does anything, in one line.

Those of `train` are in `settings_errors_test.py`.
"""

import pytest

# Flags by command, and a part of the line; {run} is a finished run.
_FOLDER = "--dataset=folder --network=conv13"
_DIGITS = "--dataset=digits --network=conv13"
_ROBUST = "--log_dir={run} --robustness"
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
        "--parts=all": "--parts=all is not known: choose from steps",
        "--rounds=0": "--rounds=0 must be above 0",
        "--seconds=-1": "--seconds=-1.0 must be above 0",
        "--table_rows=-1": "--table_rows=-1 must be at least 0",
        "--precision=int8": "--precision=int8 is not known",
        "--peer_vat_tf_dir=no": "peer_vat_tf_dir=no has no tr",
        "--peer_xvat_dir=no": "peer_xvat_dir=no has no Loss",
        "--dataset=svhn": "nknown",
    },
    "evaluate": {
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
    },
}


@pytest.mark.parametrize(
    ("command", "flags"),
    [(command, flags) for command, all_ in REFUSED.items() for flags in all_],
)
def test_it_is_refused_and_nothing_is_left(commands, trained, command, flags):
    words = flags.format(run=trained.folder).split()
    assert REFUSED[command][flags] in commands.refused(command, *words)
    assert not any(commands.folder.iterdir())
