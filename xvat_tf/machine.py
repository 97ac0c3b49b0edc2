"""TensorFlow's start on this machine: quiet, on the right device and dtype."""

import contextlib
import os

import absl.logging

from xvat_tf.errors import UserError, reason
from xvat_tf.settings import TrainSettings

_DEFAULT_DEVICE = "/gpu:0"
# tf_keras, which TF_USE_LEGACY_KERAS asks for, is another package.
_NEEDED = {"KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"}
# They would end a run early, and it would call itself finished.
_LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def settle_keras() -> None:
    """Makes Keras in a process of our own the one that is needed.

    Variables of the environment and keras.json are overruled: the backend,
    the order of axes, the fuzz factor, limits on epochs and steps.
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
    """Imports Keras; a UserError says that it cannot or has another backend."""
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


def import_tensorflow():
    """Imports TensorFlow without its start-up chatter and returns it.

    TensorFlow 2.21 writes notes to file descriptor 2 before any logging
    level counts, so the descriptor itself is turned away meanwhile.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        # Keras, which would initialise TensorFlow later.
        settle_keras()
        import tensorflow

        tensorflow.config.list_physical_devices()
    tensorflow.get_logger().setLevel("ERROR")
    absl.logging.set_verbosity(absl.logging.ERROR)
    return tensorflow


@contextlib.contextmanager
def prepare(settings: TrainSettings):
    """Starts TensorFlow for a run: arithmetic, seeds, device of a block.

    A UserError says that the device does not exist here, or its memory is too
    small.
    """
    tensorflow = import_tensorflow()
    import keras

    keras.config.set_floatx(settings.dtype)
    low = settings.precision != "float32"
    keras.config.set_dtype_policy(settings.precision if low else settings.dtype)
    config = tensorflow.config
    config.experimental.enable_tensor_float_32_execution(settings.tf32)
    if settings.deterministic:
        config.experimental.enable_op_determinism()
    if not config.list_physical_devices("GPU"):
        for name in ("tf32", "deterministic"):
            if getattr(settings, name):
                print(f"note: --{name} has no effect without a GPU.")
    keras.utils.set_random_seed(settings.seed)
    # A strategy places computations itself.
    placed = contextlib.nullcontext()
    if settings.distribute == "none":
        placed = tensorflow.device(_device(tensorflow, settings.device))
    with placed:
        try:
            yield
        except tensorflow.errors.ResourceExhaustedError as error:
            raise UserError(
                f"not enough memory ({reason(error)}): lower --batch_size,"
                " --ul_batch_size, --eval_batch_size or the network's size."
            ) from None


def _device(tensorflow, wanted):
    available = [
        device.name.removeprefix("/physical_device:").lower()
        for device in tensorflow.config.list_physical_devices()
    ]
    name = wanted.strip("/").removeprefix("device:").lower()
    if name in available:
        return f"/{name}"
    if wanted == _DEFAULT_DEVICE:
        return "/cpu:0"
    raise UserError(
        f"--device={wanted} is not on this machine: choose one of"
        f" {', '.join('/' + device for device in available)}."
    )


@contextlib.contextmanager
def _silent_stderr():
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
