"""What `--network=module:function` may return, and what is said otherwise."""

import keras
import numpy as np
import pytest

from xvat_tf.errors import UserError
from xvat_tf.models import build_classifier
from xvat_tf.settings import resolve

SHAPE, CLASSES = (8, 8, 1), 10


def _dense(inputs, classes):
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    return keras.layers.Dense(classes)(pooled)


def _builder(shape, heads=1, more=0):
    def build(settings, image_shape, num_classes, seed):
        inputs = keras.Input(shape)
        outputs = [_dense(inputs, num_classes + more) for _ in range(heads)]
        return keras.Model(inputs, outputs if heads > 1 else outputs[0])

    return build


of_any_size = _builder((None, None, 1))
of_other_images = _builder((4, 4, 1))
of_more_classes = _builder(SHAPE, more=1)
two_heads = _builder(SHAPE, heads=2)


def two_inputs(settings, image_shape, num_classes, seed):
    inputs = [keras.Input(image_shape) for _ in "ab"]
    joined = keras.layers.Concatenate()(inputs)
    return keras.Model(inputs, _dense(joined, num_classes))


def without_shape(settings, image_shape, num_classes, seed):
    return keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])


def only_a_layer(settings, image_shape, num_classes, seed):
    return keras.layers.Dense(num_classes)


def failing(settings, image_shape, num_classes, seed):
    return settings.no_such_option


def leaving(settings, image_shape, num_classes, seed):
    raise SystemExit("usage")


def of_two(image_shape, num_classes):
    raise AssertionError


def _build(name):
    settings = resolve({"dataset": "digits", "network": name}).network
    return build_classifier(settings, SHAPE, CLASSES, seed=1)


def test_a_model_of_any_size_is_taken():
    model = _build(f"{__name__}:of_any_size")
    assert model(np.zeros((2, *SHAPE), "float32")).shape == (2, CLASSES)


@pytest.mark.parametrize(
    "name, said",
    [
        ("of_other_images", r"inputs \(None, 4, 4, 1\).*\(None, 8, 8, 1\)"),
        ("of_more_classes", r"outputs \(None, 11\).*logits \(None, 10\)"),
        ("two_heads", r"outputs \[.*return a functional or Sequential"),
        ("two_inputs", r"inputs \[.*return a functional or Sequential"),
        ("without_shape", "made Sequential from inputs None"),
        ("only_a_layer", "made Dense: return a keras.Model"),
        ("failing", rf"AttributeError at {__file__}:\d+ .*no_such_option"),
        ("leaving", r"SystemExit at .*\(usage\): correct it"),
        ("of_two", "is no function of"),
        ("SHAPE", "is no function of"),
        ("no_such", "cannot be imported.*AttributeError"),
    ],
)
def test_anything_else_is_one_line(name, said):
    with pytest.raises(
        UserError, match=f"^--network={__name__}:{name} .*{said}"
    ):
        _build(f"{__name__}:{name}")


@pytest.mark.parametrize("source", ["def f(:", "1 / 0", "raise SystemExit(1)"])
def test_a_module_that_fails_is_one_line(source, tmp_path, monkeypatch):
    name = f"broken{len(source)}"
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match=f"{name}:f cannot be imported"):
        _build(f"{name}:f")
