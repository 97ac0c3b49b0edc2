"""Builds a classifier by its name and checks what a user's function makes."""

import inspect
import traceback
from collections.abc import Callable

import keras

from xvat_tf.errors import UserError, reason
from xvat_tf.named import named
from xvat_tf.networks import Network, find_network
from xvat_tf.settings import NetworkSettings

_ARGUMENTS = ("settings", "image_shape", "num_classes", "seed")


def build_classifier(
    settings: NetworkSettings,
    image_shape: tuple[int, ...],
    num_classes: int,
    seed: int,
) -> keras.Model:
    """Builds the network that the settings name.

    Args:
        settings: Network and its options.
        image_shape: `(height, width, channels)` or `(features,)`.
        num_classes: Number of logits.
        seed: Seed of the initial weights and of dropout.

    Returns:
        A built model: float images `(batch, *image_shape)` -> logits
        `(batch, num_classes)`. Gradient flows.

    Raises:
        UserError: The network cannot take images of this shape; a function
            of the user cannot be imported, fails, or makes something else.
    """
    network = find_network(settings.network)
    _require_size(network, image_shape)
    build = find_builder(network.name)
    flag = f"--network={network.name}"
    model = _built(flag, build, (settings, image_shape, num_classes, seed))
    _require_model(flag, model, image_shape, num_classes)
    return model


def find_builder(name: str) -> Callable[..., keras.Model]:
    """Imports the function that builds a network, by the network's name.

    A UserError says that one of the user cannot be imported, or is no function
    of the arguments of `build_classifier`.
    """
    network = find_network(name)
    try:
        build = named(network.builder)
    # A module of the user's runs when it is imported.
    except (Exception, SystemExit) as error:
        raise UserError(
            f"--network={name} cannot be imported"
            f" ({type(error).__name__}: {reason(error)}): correct it,"
            " or give module:function of a module in the current folder or"
            " installed."
        ) from error
    try:  # A run folder of a stranger may name anything.
        inspect.signature(build).bind(*_ARGUMENTS)
    except (TypeError, ValueError):
        raise UserError(
            f"--network={name} is no function of ({', '.join(_ARGUMENTS)}):"
            " give one (docs/runs.md#networks)."
        ) from None
    return build


def _require_size(network: Network, image_shape):
    least = network.smallest_side
    if least and (len(image_shape) != 3 or min(image_shape[:2]) < least):
        raise UserError(
            f"--network={network.name} needs images of {least}x{least} or"
            f" more, given shape {image_shape}: choose --network=mlp."
        )


def _built(flag, build, arguments):
    try:
        return build(*arguments)
    except (UserError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{flag} failed with {type(error).__name__} at"
            f" {_place(error)} ({reason(error)}): correct it."
        ) from error


def _place(error):
    """File and line of the user's function that raised, or called what did."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = frames[min(1, len(frames) - 1)]  # Frame 0 is of this module.
    return f"{frame.filename}:{frame.lineno}"


def _require_model(flag, model, image_shape, num_classes):
    """Requires one input of an image's shape and one vector of logits."""
    kind = type(model).__name__
    if not isinstance(model, keras.Model):
        raise UserError(f"{flag} made {kind}: return a keras.Model.")
    wanted = (None, *image_shape), (None, num_classes)
    found = tuple(
        getattr(model, name, None) for name in ("input_shape", "output_shape")
    )
    if not all(map(_fits, found, wanted)):
        raise UserError(
            f"{flag} made {kind} from inputs {found[0]} to outputs {found[1]}:"
            " return a functional or Sequential model from images"
            f" {wanted[0]} to logits {wanted[1]}."
        )


def _fits(found, wanted):
    """Whether a shape, if there is one, may be the wanted one."""
    if not isinstance(found, tuple) or len(found) != len(wanted):
        return False
    return all(a in (b, None) for a, b in zip(found, wanted, strict=True))
