"""The networks of a run in both formats of Keras."""

import pathlib

import keras

from xvat_tf.training.restoring import Restored


def networks(restored: Restored) -> dict[str, keras.Model]:
    """The networks of a run that work on any image, by name.

    Returns:
        `classifier`, images -> logits, and where there is an inductive
        generator, `generator`, images -> log alpha.
    """
    found = {"classifier": restored.classifier}
    if restored.generator is not None:
        images = keras.Input(restored.data.image_shape, name="images")
        log_alpha = restored.generator(images)
        found["generator"] = keras.Model(images, log_alpha, name="generator")
    return found


def write(model: keras.Model, name: str, folder: pathlib.Path) -> None:
    """Writes `<name>.keras` and the SavedModel `<name>/`.

    Raises:
        OSError: A file cannot be written.
        tensorflow.errors.OpError: The same, from TensorFlow.
    """
    model.save(folder / f"{name}.keras")
    model.export(folder / name, verbose=False)
