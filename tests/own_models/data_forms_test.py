"""Forms in which data come: the same training as arrays, or one line."""

import functools

import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

import xvat_tf
from tests.own_models import models
from tests.own_models.models import batches, linear, refused

COUNT = models.COUNT


def trainer_of(unlabeled=None, method=None, model=None, **options):
    """Its steps are eager: tracing takes longer than they do."""
    trainer = xvat_tf.Trainer(
        model or linear(), method or xvat_tf.Mle(), unlabeled, **options
    )
    trainer.compile(keras.optimizers.SGD(0.1), run_eagerly=True)
    return trainer


def trained(x, y=None, unlabeled=None, **options):
    """Weights after an epoch of xVAT, rows in their order."""
    trainer = trainer_of(unlabeled, xvat_tf.XVat())
    given = {"batch_size": 8, "shuffle": False, "verbose": 0} | options
    trainer.fit(x, y, **given)
    return trainer.classifier.get_weights()


@functools.cache
def expected(kind="numbers"):
    """Of arrays, the same as labeled and as unlabeled inputs."""
    x = {"numbers": models.vectors, "bools": binary}[kind]()
    return trained(x, models.labels(), x, unlabeled_batch_size=8)


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def binary():
    return (models.vectors() > 0).astype("float32")


ARRAYS = {
    "list": lambda x: x.tolist(),
    "tensor": tf.constant,
    "objects": lambda x: x.astype(object),
    "bools": lambda x: x.astype(bool),
    "scipy sparse": scipy.sparse.csr_matrix,
    "sparse tensor": tf.sparse.from_dense,
}


LABELS = {"list": list, "tensor": tf.constant, "objects": ARRAYS["objects"]}


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_of_every_kind(kind):
    x, y, form = binary(), models.labels(), ARRAYS[kind]
    y = LABELS.get(kind, np.asarray)(y)
    found = trained(form(x), y, form(x), unlabeled_batch_size=8)
    assert_same(expected("bools"), found)


class Batches(keras.utils.PyDataset):
    def __init__(self, *parts, size=8):
        super().__init__()
        self.parts, self.size, self.ends = parts, size, 0

    def __len__(self):
        return COUNT // self.size

    def __getitem__(self, i):
        rows = slice(i * self.size, (i + 1) * self.size)
        return tuple(part[rows] for part in self.parts)

    def on_epoch_end(self):
        self.ends += 1


class Loader:
    """As of another library: it can be iterated over again."""

    def __init__(self, *parts):
        self._batches = Batches(*parts)

    def __iter__(self):
        return (self._batches[i] for i in range(3))


def generator(*parts):
    while True:
        yield from Loader(*parts)


def sparse_batches(x, y):
    return batches(tf.sparse.from_dense(x), y)


BATCHES = {
    "dataset": batches,
    "sparse dataset": sparse_batches,
    "PyDataset": Batches,
    "loader": Loader,
    "generator": generator,
    "lists": lambda x, y: ([a, b] for a, b in Loader(x, y)),
}


@pytest.mark.parametrize("kind", BATCHES)
def test_batches_of_every_kind(kind):
    x, y = models.vectors(), models.labels()
    given = BATCHES[kind](x, y)
    endless = {"steps_per_epoch": 3} if kind == "generator" else {}
    found = trained(given, None, x, unlabeled_batch_size=8, **endless)
    assert_same(expected(), found)


@pytest.mark.parametrize("kind", ["PyDataset", "loader"])
def test_unlabeled_batches_of_every_kind(kind):
    """Three batches of eight; labels beside the inputs are not read."""
    x, y = models.vectors(), models.labels()
    assert_same(expected(), trained(x, y, BATCHES[kind](x, y)))


def test_a_pydataset_hears_of_the_end_of_its_passes():
    data = Batches(models.vectors(), models.labels())
    trainer_of().fit(data, epochs=3, verbose=0)
    assert data.ends >= 3


def unknown(x, y):
    return batches(x, y).filter(lambda *_: True)


@pytest.mark.parametrize(
    ("x", "unlabeled", "steps"),
    [
        # Rows of labels and of unlabeled inputs in a batch: 24 of both.
        ("unknown 8", None, 3),
        ("unknown 8", "arrays", 3),
        ("arrays", "unknown 4", 3),
        ("arrays", "known 4", 6),
        ("known 4", "arrays", 6),
        ("endless 8", "known 4", 6),
        ("unknown 8", "unknown endless 4", 3),
    ],
)
def test_steps_of_an_epoch(x, unlabeled, steps):
    """A pass over the larger set; if a length is unknown, over x."""

    def given(name, labeled):
        inputs, labels = models.vectors(), models.labels()
        if name == "arrays":
            return (inputs, labels) if labeled else inputs
        parts = (inputs, labels) if labeled else inputs
        *kinds, size = name.split()
        parts = parts if labeled else (parts,)
        dataset = batches(*parts, size=int(size))
        if "endless" in kinds:
            dataset = dataset.repeat()
        if "unknown" in kinds:
            dataset = dataset.filter(lambda *_: True)
        return (dataset,) if labeled else dataset

    trainer = trainer_of(unlabeled and given(unlabeled, False), xvat_tf.Pi())
    taken = []
    trainer.train_step = lambda batch: taken.append(batch) or {"loss": 0.0}
    trainer.fit(
        *given(x, True),
        batch_size=8,
        unlabeled_batch_size=8,
        epochs=2,
        verbose=0,
    )
    assert len(taken) == steps * 2


def test_no_unlabeled_batch_is_left_out_where_x_ends():
    """Passes over x of three batches, over six unlabeled ones in turn."""
    numbers = np.arange(100.0, 124.0)[:, None].astype("float32")
    unlabeled = batches(numbers, size=4)
    seen = models.Seen()
    model = keras.Sequential([seen, keras.layers.Dense(3)])
    trainer = xvat_tf.Trainer(model, xvat_tf.XVat(), unlabeled)
    trainer.compile(run_eagerly=True)
    trainer.fit(unknown(numbers - 100, models.labels()), epochs=3, verbose=0)
    # Of each step: labeled, clean, masked. Masks erase or keep a row.
    rows = np.concatenate(seen.columns[-27:][1::3])
    np.testing.assert_array_equal(rows[:24], numbers[:, 0])
    np.testing.assert_array_equal(rows[24:], numbers[:12, 0])


def test_several_inputs():
    """By name, or in the order of the classifier's; `perturb` is a name."""
    image, kind = models.images(), models.labels() % 4
    ends = []
    for form in (dict, list):
        keras.utils.set_random_seed(0)
        data = {"image": image, "kind": kind}
        data = data if form is dict else list(data.values())
        model = models.two_inputs(form)
        trainer = trainer_of(data, xvat_tf.XVat(), model, perturb="image")
        validation = data, models.labels()
        trainer.fit(*validation, validation_data=validation, verbose=0)
        outputs = trainer.predict(data, verbose=0)
        ends.append([outputs, *trainer.evaluate(*validation, verbose=0)])
    assert_same(*ends)


@pytest.mark.parametrize("more", ["x", "unlabeled"])
def test_inputs_that_the_classifier_does_not_read(more):
    """They may be in x or unlabeled alone; scales are told input by input."""
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    joined = keras.layers.Concatenate()([a, b])
    model = keras.Model({"a": a, "b": b}, keras.layers.Dense(2)(joined))
    given = {
        name: {"a": np.ones((count, 3), "f4"), "b": np.ones((count, 2), "f4")}
        for name, count in (("x", 4), ("unlabeled", 8))
    }
    given[more]["z"] = np.full((len(given[more]["a"]), 1), 1e4, "f4")
    given["unlabeled"]["b"] *= 100
    trainer = xvat_tf.Trainer(
        model, xvat_tf.Vat(epsilon=1.0), given["unlabeled"], perturb="a"
    )
    trainer.compile("sgd", run_eagerly=True)
    with pytest.warns(UserWarning, match="squares are 100 and 1[.]"):
        trainer.fit(given["x"], np.arange(4) % 2, verbose=0)


def test_evaluate_and_predict_take_the_same_forms():
    x, y = binary(), models.labels()
    trainer = trainer_of()
    trainer.fit(x, y, verbose=0)
    expected = trainer.evaluate(x, y, verbose=0)
    outputs = trainer.predict(x, verbose=0)
    for form in (scipy.sparse.csr_matrix, lambda x: x.astype(object)):
        np.testing.assert_allclose(
            trainer.evaluate(form(x), y, verbose=0), expected, rtol=1e-5
        )
        found = trainer.predict(form(x), verbose=0)
        np.testing.assert_allclose(found, outputs)
    validation = scipy.sparse.csr_matrix(x), y
    history = trainer_of().fit(x, y, validation_data=validation, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    for data in (sparse_batches(x, y), Batches(x, y)):
        found = trainer.evaluate(data, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_given_validation_data_are_not_split_off():
    """As in Keras the share is not read then: all rows are trained on."""
    x, y = models.vectors(), models.labels()
    trainer = trainer_of()
    trainer.fit(
        x,
        y,
        batch_size=8,
        validation_split=0.5,
        validation_data=(x, y),
        verbose=0,
    )
    assert int(trainer.optimizer.iterations) == 3


WORDS = np.array(["cat", "dog"] * (COUNT // 2))

VECTORS, Y = models.vectors(), models.labels()
PAIR = VECTORS, Y
SINGLE = tf.data.Dataset.from_tensor_slices
NAMED = {"images": VECTORS, "labels": Y}
RAGGED = [[1.0, 2.0], [1.0]] * 12

REFUSED = {
    "a number": (5, "^x must be an array.*given int"),
    "nothing": (None, "^x must be an array.*given NoneType"),
    "text": (WORDS[:, None], "^x holds text.*U3"),
    "objects": (WORDS[:, None].astype(object), "^x holds objects.*'cat'"),
    "dates": (np.zeros((24, 2), "datetime64[s]"), "^x holds text"),
    "ragged": (RAGGED, "^x does not fit in one array"),
    "ragged tensor": (tf.ragged.constant(RAGGED), "^x does not fit in one"),
    "ragged batches": (batches(tf.ragged.constant(RAGGED), Y), "^x gives rag"),
    "a pair": (PAIR, "^x is a tuple of 2"),
    "no batch": (iter(()), "^x gives no batch"),
    "an empty dataset": (unknown(*PAIR).take(0), "^x gives no batch"),
    "inputs alone": (iter([VECTORS]), "^x gives batches without"),
    "four parts": (batches(*PAIR, Y, Y), "^x gives batches without"),
    "single": (SINGLE(PAIR), "^x gives single examples.*call x.batch"),
    "single numbers": (SINGLE((Y, Y)), "^x gives single"),
    "our own names": (
        batches(NAMED),
        "^x gives dicts with the entries images, labels: map it",
    ),
    "an endless dataset": (
        batches(*PAIR).repeat(),
        "^x has no end: give steps_per_epoch",
    ),
    "of another width": (VECTORS[:, :4], "^the classifier does not"),
}


@pytest.mark.parametrize(("x", "match"), REFUSED.values(), ids=REFUSED)
def test_forms_that_are_refused(x, match):
    has_batches = hasattr(x, "element_spec") or hasattr(x, "__next__")
    y = None if has_batches else Y
    refused(match, lambda: trainer_of().fit(x, y, verbose=0))


UNLABELED = {
    "a pair": (PAIR, "^unlabeled is a tuple"),
    "a generator": (iter([VECTORS]), "^unlabeled is a generator"),
    "single": (SINGLE(VECTORS), "^unlabeled gives single examples.*batch.128"),
    "of another width": (
        batches(VECTORS[:, :4]),
        r"same shape, given \(20,\) and \(4,\)",
    ),
    "empty": (batches(VECTORS).take(0), "^unlabeled gives no batch"),
    "no row": (VECTORS[:0], "^unlabeled is empty: give"),
    "text": (WORDS[:, None], "^unlabeled holds text"),
}


@pytest.mark.parametrize(("given", "match"), UNLABELED.values(), ids=UNLABELED)
def test_unlabeled_forms_that_are_refused(given, match):
    method = xvat_tf.XVat()
    refused(match, lambda: trainer_of(given, method).fit(*PAIR, verbose=0))


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (VECTORS, "^validation_data must be"),
        ((VECTORS,), "^validation_data must be"),
        ((WORDS[:, None], Y), "^validation_data: x holds text"),
        (batches(VECTORS), "^validation_data: x gives batches without labels"),
    ],
)
def test_validation_data_that_are_refused(given, match):
    options = {"validation_data": given, "verbose": 0}
    refused(match, lambda: trainer_of().fit(*PAIR, **options))


@pytest.mark.parametrize("given", [Batches, generator])
def test_batches_bring_their_labels(given):
    x = given(*PAIR)
    refused("leave out y", lambda: trainer_of().fit(x, Y, verbose=0))
    refused(
        "^validation_split takes",
        lambda: trainer_of().fit(x, validation_split=0.5, verbose=0),
    )


def test_a_generator_is_read_once():
    x = generator(*PAIR)
    match = "read only once: give steps"
    refused(match, lambda: trainer_of().fit(x, epochs=2, verbose=0))
    given = iter([VECTORS])
    refused("a generator", lambda: trainer_of(given, xvat_tf.XVat()))


def test_a_table_belongs_to_its_inputs():
    trainer = trainer_of(None, xvat_tf.XVat(mask_model="transductive"))
    trainer.fit(*PAIR, verbose=0)
    few = VECTORS[:12], Y[:12]
    refused("24 rows and the data 12", lambda: trainer.fit(*few, verbose=0))


@pytest.mark.parametrize(
    "method", [xvat_tf.Temporal(), xvat_tf.XVat(mask_model="transductive")]
)
def test_a_table_needs_arrays(method):
    trainer = trainer_of(batches(VECTORS), method)
    refused("a row per input", lambda: trainer.fit(*PAIR, verbose=0))
