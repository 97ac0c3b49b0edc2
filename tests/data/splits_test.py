import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings, strategies

from xvat_tf.data.splits import Split, make_split
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings


def _settings(dataset="mnist", labeled=4, valid=2, validation=False, seed=1):
    return DataSettings(
        dataset=dataset,
        num_labeled_examples=labeled,
        num_valid_examples=valid,
        validation=validation,
        dataset_seed=seed,
    )


def test_cifar_holds_out_the_first_labeled_images():
    labels = np.arange(100) % 10
    whole = make_split(_settings("cifar10", 50), labels, 10)
    split = make_split(_settings("cifar10", 50, 20, True), labels, 10)
    np.testing.assert_array_equal(split.validation, whole.labeled[:20])
    np.testing.assert_array_equal(split.labeled, whole.labeled[20:])


def test_balanced_sets_hold_out_images_without_label_in_drawn_order():
    labels = np.arange(40) % 2
    split = make_split(_settings("mnist", 4, 5, True), labels, 2)
    order = np.random.RandomState(1).permutation(40)
    rest = [i for i in order if i not in split.labeled]
    np.testing.assert_array_equal(split.validation, rest[:5])


def test_zero_labels_all_images_in_order():
    split = make_split(_settings(labeled=0), np.arange(10) % 2, 2)
    np.testing.assert_array_equal(split.labeled, np.arange(10))
    held = make_split(
        _settings(labeled=0, valid=3, validation=True), np.arange(10) % 2, 2
    )
    order = np.random.RandomState(1).permutation(10)
    np.testing.assert_array_equal(held.validation, order[:3])
    np.testing.assert_array_equal(held.labeled, np.sort(order[3:]))


@settings(deadline=None, max_examples=60)
@given(
    dataset=strategies.sampled_from(["mnist", "svhn", "cifar10", "moons"]),
    each=strategies.integers(0, 5),
    valid=strategies.integers(1, 2),
    validation=strategies.booleans(),
    seed=strategies.integers(0, 2**32 - 1),
    extra=strategies.integers(0, 3),
)
def test_parts_are_disjoint_and_complete(
    dataset, each, valid, validation, seed, extra
):
    labels = np.arange(30) % 3
    data = _settings(dataset, 3 * each, valid, validation, seed)
    split = make_split(data, labels, 3, extra)
    held_out = set(split.validation)
    assert len(held_out) == len(split.validation) == valid * validation
    assert set(split.unlabeled) == set(range(30 + extra)) - held_out
    assert np.all(np.diff(split.unlabeled) > 0)
    assert len(set(split.labeled)) == len(split.labeled)
    assert set(split.labeled) <= set(split.unlabeled)
    if dataset == "mnist" and each:
        assert np.bincount(labels[split.labeled]).tolist() == [each] * 3


@pytest.mark.parametrize("valid", [False, True])
def test_some_unlabeled_images_are_drawn_from_those_without_labels(valid):
    labels = np.arange(30) % 3
    data = dataclasses.replace(
        _settings("mnist", 6, 5, valid), num_unlabeled_examples=9
    )
    split, whole = (make_split(d, labels, 3, 4) for d in (data, _without(data)))
    np.testing.assert_array_equal(split.labeled, whole.labeled)
    taken = {*split.labeled, *split.validation}
    assert len(split.unlabeled) == len(set(split.unlabeled)) == 9
    assert not taken & set(split.unlabeled)
    assert np.all(np.diff(split.unlabeled) > 0)
    assert max(split.unlabeled) < 34
    every = dataclasses.replace(data, num_unlabeled_examples=28 - 5 * valid)
    rest = make_split(every, labels, 3, 4).unlabeled
    assert set(rest) == set(range(34)) - taken


def _without(data):
    return dataclasses.replace(data, num_unlabeled_examples=0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            dataclasses.replace(
                _settings(labeled=6), num_unlabeled_examples=27
            ),
            "num_unlabeled_examples=27 .* more than the 24",
        ),
        (_settings(labeled=32), "=32 .* more than the 30"),
        (_settings(labeled=4), "=4 .* multiple of the 3 classes"),
        (_settings(labeled=27), "class 2 has 6: give at most 18"),
        (_settings(labeled=18, valid=13, validation=True), "=13 .* most 12"),
        (_settings(labeled=0, valid=30, validation=True), "=30 .* most 29"),
        (_settings("svhn", 20, 11, True), "=11 .* at most 10"),
        (_settings("cifar10", 6, 6, True), "=6 .* at most 5"),
    ],
)
def test_impossible_numbers_are_refused(data, words):
    labels = np.repeat([0, 1, 2], [12, 12, 6])
    with pytest.raises(UserError, match=words):
        make_split(data, labels, 3)


def test_the_rarest_class_is_named_and_bounds_the_number():
    labels, names = np.repeat([0, 1, 2], [12, 5, 3]), ("cat", "dog", "eel")
    with pytest.raises(UserError, match="class eel has 3: give at most 9,"):
        make_split(_settings("cifar10", 18), labels, 3, class_names=names)
    split = make_split(_settings("cifar10", 9), labels, 3, class_names=names)
    assert np.bincount(labels[split.labeled]).tolist() == [3, 3, 3]


def test_digest_tells_lists_apart_and_survives_saving(tmp_path):
    one, two, none = np.int64([1]), np.int64([2]), np.int64([])
    split = Split(one, two, none)
    others = [Split(two, one, none), Split(one, none, two)]
    assert split.sha256 not in {other.sha256 for other in others}
    split.save(tmp_path / "split.npz")
    with np.load(tmp_path / "split.npz") as file:
        assert Split(**file).sha256 == split.sha256
