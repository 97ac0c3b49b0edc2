"""What the surroundings say to Keras, and this project needs otherwise."""

import os

from xvat_tf.errors import UserError, reason

# tf_keras, which TF_USE_LEGACY_KERAS asks for, is another package.
_NEEDED = {"KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"}
# They would end a run early, and it would call itself finished.
_LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def settle() -> None:
    """Makes Keras in a process of our own the one that is needed.

    Variables of the environment and keras.json are overruled: the backend,
    the order of axes, the fuzz factor, limits on epochs and steps.

    Raises:
        UserError: Keras cannot be imported, or runs on another backend.
    """
    os.environ.update(_NEEDED)
    for name in _LIMITS:
        os.environ.pop(name, None)
    require_tensorflow()
    from keras import config

    config.set_image_data_format("channels_last")
    config.set_epsilon(1e-7)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def require_tensorflow() -> None:
    """Imports Keras, in a process of the user.

    Raises:
        UserError: It cannot be imported, or runs on another backend.
    """
    try:
        from keras import config
    # A missing backend, a keras.json of odd values, a number that is none.
    except (ImportError, ValueError) as error:
        raise UserError(
            f"Keras cannot be imported ({reason(error)}): set"
            " KERAS_BACKEND=tensorflow, and look at keras.json in KERAS_HOME."
        ) from error
    if config.backend() != "tensorflow":
        raise UserError(
            f"Keras runs on {config.backend()} here, xvat_tf on TensorFlow:"
            " set KERAS_BACKEND=tensorflow before Keras is imported."
        )
