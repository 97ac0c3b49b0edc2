"""An export of a whitened run: its card's code does everything."""

import functools
import json
import re

import numpy as np
import pytest

from xvat_tf.data import PreparedData
from xvat_tf.data.scaling import ZcaScaler
from xvat_tf.data.splits import Split
from xvat_tf.data.zca import fit_zca, flatten
from xvat_tf.exporting import export
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.perturbations import HardConcrete
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve
from xvat_tf.training.building import Restored

# More images than pixels: a covariance without full rank is whitened to noise,
# another one for every number of images in a product.
FITTED = np.random.default_rng(0).integers(0, 256, (1000, 12, 12, 3), np.uint8)
PIXELS = FITTED[:30]
SMALL = {"network": "cnn", "width": 0.1}


@functools.cache
def _data():
    scaler = ZcaScaler(fit_zca(flatten(FITTED)))
    images, labels = scaler(PIXELS), np.arange(30, dtype=np.int32) % 10
    return PreparedData(
        labeled_images=images[:20],
        labeled_labels=labels[:20],
        unlabeled_images=images[:20],
        test_images=images[20:],
        test_labels=labels[20:],
        num_classes=10,
        split=Split(np.arange(20), np.arange(0), np.arange(20)),
        scaler=scaler,
        basis=None,
    )


def _restored(folder, **given):
    """A run that was never trained."""
    settings = resolve(
        {"dataset": "cifar10", "method": "xvat", **SMALL, **given}
    )
    data, method = _data(), settings.method
    folder.record_start(settings, data.split)
    generator = None
    if method.mask_model == "inductive":
        generator = build_generator(method, data.image_shape, 0, 1)
    classifier = build_classifier(settings.network, data.image_shape, 10, 1)
    return Restored(settings, folder, data, 7, classifier, generator)


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    return RunFolder(path)


def test_the_code_of_the_card_whitens_and_masks(run, tmp_path, monkeypatch):
    restored = _restored(run, mask_gain=2.0)
    names = export(restored, tmp_path / "out", "latest")
    assert names == [
        "README.md",
        "classifier",
        "classifier.keras",
        "generator",
        "generator.keras",
        "preprocessing.npz",
        "settings.json",
    ]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "ZCA-whitened" in card and "at step 7." in card
    images = restored.data.test_images
    expected = restored.classifier(images)
    monkeypatch.chdir(tmp_path / "out")
    both = []
    for code in re.findall(r"```python\n(.*?)```", card, re.S):
        found = {}
        exec(code, found)
        both.append(found)
        np.testing.assert_allclose(
            found["logits"](PIXELS[20:]), expected, rtol=1e-4, atol=1e-5
        )
    # The first code loads the SavedModel, the last the Keras files.
    saved = both[0]
    np.testing.assert_allclose(
        found["generator"](images), restored.generator(images), atol=1e-5
    )
    mask = HardConcrete().noise_free(restored.generator(images)).numpy()
    assert mask.shape == (10, 12, 12, 1)
    np.testing.assert_allclose(saved["mask"](PIXELS[20:]), mask, atol=1e-5)
    np.testing.assert_allclose(
        saved["masked"](PIXELS[20:]), 2 * images * mask, atol=1e-4
    )
    values = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert values["method"] == "xvat" and values["width"] == SMALL["width"]
    assert not {"log_dir", "data_dir", "device"} & set(values)


def test_a_table_is_not_exported_and_the_card_says_why(run, tmp_path):
    restored = _restored(run, mask_model="transductive")
    names = export(restored, tmp_path / "out", "best")
    assert not any("generator" in name for name in names)
    card = (tmp_path / "out" / "README.md").read_text()
    assert "masks of this run are a table" in card
    assert "chosen by its accuracy on these very images" in card
    assert "log alpha" not in card
