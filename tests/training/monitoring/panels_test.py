"""What is in the event files, by method and mask model."""

import numpy as np
import pytest
import tensorflow as tf

from tests import event_files
from xvat_tf.perturbations import InferencePasses
from xvat_tf.records import RunFolder, tags
from xvat_tf.records.forms import Progress
from xvat_tf.settings import resolve
from xvat_tf.training import build_trainer, prepare_data
from xvat_tf.training.joint_step import weighted_total
from xvat_tf.training.monitoring import EventFiles, Panels
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.views import amplification

MASK_PANELS = {
    tags.LOG_ALPHA,
    tags.MASK_SAMPLE,
    tags.NOISE_FREE_MASK,
    tags.MASKED_IMAGE,
}
R_PANELS = {tags.AMPLIFIED_R, tags.PERTURBED_IMAGE}
MASK_HISTOGRAMS = {tags.SPARSITY_HISTOGRAM, tags.LOG_ALPHA_HISTOGRAM}
WEIGHTS = set(tags.WEIGHTS_HISTOGRAMS.values())
INDUCTIVE = (
    {tags.IMAGE, tags.GENERATOR_FILTER} | MASK_PANELS,
    WEIGHTS | MASK_HISTOGRAMS | {tags.GENERATOR_HISTOGRAM},
)
TABLE = ({tags.IMAGE} | MASK_PANELS, WEIGHTS | MASK_HISTOGRAMS)
ADDITIVE = ({tags.IMAGE} | R_PANELS, WEIGHTS)
# Two layers of weights, and points instead of pictures.
MOONS = {tags.WEIGHTS_HISTOGRAMS["first"], tags.WEIGHTS_HISTOGRAMS["last"]}

EXPECTED = {
    "mle": ({"method": "mle"}, ({tags.IMAGE}, WEIGHTS)),
    "at": ({"method": "at"}, ADDITIVE),
    "vat": ({"method": "vat"}, ADDITIVE),
    "xat": ({"method": "xat"}, INDUCTIVE),
    "xvat": ({"method": "xvat", "generator_layers": 2}, INDUCTIVE),
    "xvat-table": ({"method": "xvat", "mask_model": "transductive"}, TABLE),
    "xvat-supervised": (
        {"method": "xvat", "supervised": True, "mask_model": "transductive"},
        TABLE,
    ),
    "moons-vat": ({"dataset": "moons", "method": "vat"}, (set(), MOONS)),
    "moons-xvat-table": (
        {"dataset": "moons", "method": "xvat", "mask_model": "transductive"},
        (set(), MOONS | MASK_HISTOGRAMS),
    ),
}


@pytest.fixture(scope="module")
def built():
    """Settings, data and trainer of a small run."""

    def build(**given):
        values = {"dataset": "digits", "hidden_sizes": (8, 8), **given}
        settings = resolve(values)
        data = prepare_data(settings)
        return settings, data, build_trainer(settings, data)

    return build


@pytest.mark.parametrize("case", EXPECTED)
def test_tags(built, tmp_path, case):
    given, (images, histograms) = EXPECTED[case]
    settings, data, trainer = built(**given)
    events = EventFiles(RunFolder(tmp_path), Progress())
    panels = Panels(trainer, data, settings, events)
    logits = np.eye(data.num_classes)[data.test_labels]
    panels.write(0)
    panels.write(7, logits)
    train, test = (
        event_files.read(tmp_path / name) for name in ("train", "test")
    )
    assert set(train["images"]) == images
    assert set(train["histograms"]) == histograms
    scalars = (
        {tags.GENERATOR_GRADIENT_NORM} if settings.method.uses_mask else set()
    )
    assert set(train["scalars"]) == scalars
    for series in (*train["images"].values(), *train["histograms"].values()):
        assert [step for step, _ in series] == [0, 7]
    assert set(test["images"]) == {tags.CONFUSION_MATRIX}
    assert [s for s, _ in test["images"][tags.CONFUSION_MATRIX]] == [7]


def test_panels_change_no_training_state(built, tmp_path):
    settings, data, trainer = built(method="xvat", top_bn=True)
    before = [variable.numpy() for variable in trainer.variables]
    events = EventFiles(RunFolder(tmp_path), Progress())
    Panels(trainer, data, settings, events).write(0)
    for variable, value in zip(trainer.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


@pytest.mark.parametrize(
    ("every", "expected"), [(0, []), (1, range(8)), (3, [0, 3, 6, 7])]
)
def test_when_panels_are_due(built, tmp_path, every, expected):
    settings, data, trainer = built(panel_freq=every, num_epochs=7)
    events = EventFiles(RunFolder(tmp_path), Progress())
    panels = Panels(trainer, data, settings, events)
    due = [epochs for epochs in range(8) if panels.due(epochs)]
    assert due == list(expected)


def test_probe_pictures_repeat_and_follow_the_generator(built):
    settings, data, trainer = built(method="xvat")
    panels = Panels(trainer, data, settings, None)

    def pixels():
        return {picture.tag: picture.pixels for picture in panels.pictures()}

    first, again = pixels(), pixels()
    for tag in first:
        np.testing.assert_array_equal(first[tag], again[tag])
    kernel, bias = trainer.generator.get_weights()
    trainer.generator.set_weights([0 * kernel, bias + 9])
    moved = {tag for tag, p in pixels().items() if np.any(p != first[tag])}
    assert moved == MASK_PANELS | {tags.GENERATOR_FILTER}
    assert np.all(pixels()[tags.NOISE_FREE_MASK][18:82, :64] == 255)


@pytest.mark.parametrize("mask_model", ["inductive", "transductive"])
@pytest.mark.parametrize("method", ["xat", "xvat"])
def test_gradient_norm_is_that_of_the_whole_loss(built, method, mask_model):
    settings, data, trainer = built(method=method, mask_model=mask_model)
    unlabeled = {
        "unlabeled_images": tf.constant(data.unlabeled_images[:50]),
        "unlabeled_indices": tf.range(50),
    }
    batch = {
        "images": tf.constant(data.labeled_images),
        "labels": tf.constant(data.labeled_labels),
        "indices": tf.range(50),
        **(unlabeled if settings.uses_unlabeled else {}),
    }
    with tf.GradientTape() as tape:
        passes = InferencePasses(trainer.classifier)
        noise = StepNoise(settings.train.seed, 0)
        values = trainer.objective(batch, passes, noise)
        total = weighted_total(values, trainer.objective.weights)
    gradients = tape.gradient(total, trainer.generator.trainable_variables)
    expected = np.sqrt(
        sum(np.sum(np.square(tf.convert_to_tensor(g))) for g in gradients)
    )
    measured = Panels(trainer, data, settings, None).gradient_norm()
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_amplification_is_a_power_of_two_that_fits():
    r = np.linspace(-0.03, 0.03, 10001)
    assert amplification(r) == 16  # 0.03 * 16 = 0.48, 32 would be too much.
    assert amplification(4 * r) == 4
    assert amplification(0 * r) == 1
    assert amplification(np.array([np.nan])) == 1
