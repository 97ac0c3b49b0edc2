"""Bytes per step against numbers computed by hand."""

import types

import pytest

from tests.training import toy
from xvat_tf.benchmarking.scaling import bytes_per_step
from xvat_tf.settings import resolve

# Of the toy classifier: 3x3x2x4 kernel, batch norm of 4 channels, 36x3 + 3.
LEARNED = 72 + 8 + 111


def _settings(case, **given):
    return resolve({"dataset": "digits", **toy.METHODS[case], **given})


def test_by_hand_with_two_workers():
    trainer = toy.toy_trainer("xvat")
    found = bytes_per_step(_settings("xvat", sync_bn=True), trainer, 2)
    # Two workers send each number once: 2 (2 - 1) / 2 = 1.
    assert found["classifier"] == 4 * LEARNED
    # A 3x3 filter of two channels and its bias.
    assert found["generator"] == 4 * (18 + 1)
    assert found["statistics"] == 4 * 8
    # Labeled, clean, perturbed; labeled and perturbed backwards.
    assert found["synchronized"] == 4 * 8 * (3 + 2)
    # Loss, cross entropy, accuracy, divergence, L0, kept, norm.
    assert found["values"] == 4 * (2 * 7 + 3)
    assert sum(found.values()) == 4 * (LEARNED + 19 + 8 + 40 + 17)


def test_the_table_does_not_travel():
    found = bytes_per_step(
        _settings("xvat-table"), toy.toy_trainer("xvat-table"), 4
    )
    assert found["generator"] == found["synchronized"] == 0
    assert found["classifier"] == pytest.approx(1.5 * 4 * LEARNED)


def test_one_worker_sends_nothing():
    trainer = toy.toy_trainer("vat")
    found = bytes_per_step(_settings("vat"), trainer, 1)
    assert set(found.values()) == {0}


def test_double_precision_is_twice_as_much():
    layer = types.SimpleNamespace(shape=(3, 2), dtype="float64")
    classifier = types.SimpleNamespace(
        trainable_variables=[layer], non_trainable_variables=[]
    )
    trainer = types.SimpleNamespace(
        classifier=classifier, generator=None, tags=("loss",)
    )
    settings = _settings("mle", dtype="float64")
    assert bytes_per_step(settings, trainer, 2)["classifier"] == 48


@pytest.mark.parametrize(
    ("case", "given", "expected"),
    [
        ("mle", {}, (1, 1)),
        ("at-l2", {}, (3, 3)),
        ("xat", {}, (2, 2)),
        ("xvat", {}, (3, 2)),
        ("xvat", {"supervised": True}, (2, 2)),
        ("vat", {}, (4, 3)),
        ("vat-2", {}, (5, 4)),
        ("vat", {"supervised": True}, (3, 3)),
        ("vatent", {}, (4, 4)),
    ],
)
def test_passes_by_hand(case, given, expected):
    """Forwards, and those of them that a gradient goes back through."""
    found = _settings(case, **given).passes()
    assert (len(found), sum(p.backward for p in found)) == expected
