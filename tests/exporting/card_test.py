"""What a model card says of the training."""

import types

import pytest

from xvat_tf.exporting import exported
from xvat_tf.methods import METHODS
from xvat_tf.option import options
from xvat_tf.records.extension import history_text
from xvat_tf.settings import resolve

# Together they let every option of every method do something.
CHANGES = (
    {},
    {"mask_step": 1.0, "growth_steps": 9, "xat_target": "prediction"},
)


def training(settings):
    """The section on training of a card, without its padding."""
    record = {
        "split_sha256": "0123456789abcdef",
        "extended": [{"num_epochs": 2, "step": 1000}],
    }
    template = exported.read_card()
    known = template.new_context(
        {
            "restored": types.SimpleNamespace(step=3),
            "settings": settings,
            "data": settings.data,
            "train": settings.train,
            "method": settings.method,
            "record": record,
            "history": history_text(record),
        }
    )
    text = "".join(template.blocks["training"](known))
    return " ".join(text.split())


@pytest.mark.parametrize("name", METHODS)
def test_it_lists_every_option_of_the_method(name):
    known, listed = options(METHODS[name]), set()
    for changes in CHANGES:
        own = {k: v for k, v in changes.items() if k in known}
        settings = resolve({"method": name, "dataset": "digits"} | own)
        text = training(settings)
        for option, value in settings.method.acting().items():
            assert f"| {option} | {value} |" in text
            listed.add(option)
    assert listed == set(known)


@pytest.mark.parametrize(
    "optimizer, words",
    [("adam", "; Adam, learning"), ("sgd", "; SGD with momentum, learning")],
)
def test_it_names_the_optimizer(optimizer, words):
    assert words in training(resolve({"method": "mle", "optimizer": optimizer}))


def test_it_says_that_the_run_was_extended():
    said = "(SHA-256 0123456789ab). The number of epochs was raised from 2"
    assert f"{said} after step 1,000." in training(resolve({"method": "mle"}))
