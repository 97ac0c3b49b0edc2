"""The code in a model card. The tests run it as it is."""

from xvat_tf.methods import Method

_SAVED = """\
import numpy as np
import tensorflow as tf

{prepare}


classifier = tf.saved_model.load("classifier")


def logits(images):
    return classifier.serve(prepare(images)).numpy()
"""
_SAVED_MASKS = """\


generator = tf.saved_model.load("generator")


def mask(images):
    \"\"\"In [0, 1], at the median of its noise; 0 hides a pixel.\"\"\"
    log_alpha = generator.serve(prepare(images)).numpy()
    odds = 1 / (1 + np.exp(-log_alpha / {beta!r}))
    return np.clip(odds * ({zeta!r} - {gamma!r}) + {gamma!r}, 0, 1)


def masked(images):
    return {gain!r} * prepare(images) * mask(images)
"""
_KERAS = """\
import keras
import numpy as np
import xvat_tf.models  # Registers the layers.

{prepare}


classifier = keras.models.load_model("classifier.keras")


def logits(images):
    return classifier.predict(prepare(images), verbose=0)
"""
_KERAS_MASKS = """\


generator = keras.models.load_model("generator.keras")  # images -> log alpha
"""


def saved_model(prepare: str, method: Method, masks: bool) -> str:
    """Code that loads the SavedModels; with masks if there is a generator."""
    code = _SAVED.format(prepare=prepare.rstrip())
    if not masks:
        return code
    return code + _SAVED_MASKS.format(
        beta=method.beta,
        gamma=method.gamma,
        zeta=method.zeta,
        gain=method.mask_gain,
    )


def keras_model(prepare: str, masks: bool) -> str:
    """Code that loads the `.keras` files."""
    code = _KERAS.format(prepare=prepare.rstrip())
    return code + _KERAS_MASKS if masks else code
