"""Which axis of an input holds its channels."""

from xvat_tf.errors import UserError

CHANNELS = ("auto", "last", "first", "none")
# Colours, with or without transparency, and one more for good measure.
_FEW = 4


def channels_of(
    shape: tuple[int, ...], given: str, name: str, option: str = "channels"
) -> str:
    """Where the channels of an input are: `"last"`, `"first"` or `"none"`.

    Args:
        shape: Of one input, without the batch; of vectors they are last.
        given: One of `CHANNELS`. With `"auto"` inputs of two axes are grey
            images and have none; others have them last, and a UserError
            refuses shapes of channels before the sides of the image.
        name: What to call the inputs.
        option: What to call `given`.
    """
    if given not in CHANNELS:
        raise UserError(
            f"{option}={given!r} is not known: choose one of"
            f" {', '.join(CHANNELS)}."
        )
    if given != "auto":
        return given if len(shape) > 1 else "last"
    if _look_first(shape):
        sides = ", ".join(map(str, shape))
        raise UserError(
            f"{name} has the shape (n, {sides}), which looks like images with"
            f" channels first: give {option}=first, or {option}=last if they"
            " are"
            f" {shape[0]} high and have {shape[-1]} channels."
        )
    return "none" if len(shape) == 2 else "last"


def _look_first(shape):
    """Few before many, or one before two equal sides: (3, 32, 48), (9, 64, 64).

    Channels last are many before few, or two equal sides before one.
    """
    if len(shape) < 3:
        return False
    few = shape[0] <= _FEW < min(shape[1:])
    square = shape[0] < shape[1] == shape[-1] and len(shape) == 3
    return few or square


def mask_shape(
    shape: tuple[int, ...], channels: str, shared: bool
) -> tuple[int, ...]:
    """Shape of a mask of one input, without the batch.

    That of the input, with one channel if all channels share a mask.
    """
    if len(shape) == 1 or channels == "none" or not shared:
        return tuple(shape)
    return (1, *shape[1:]) if channels == "first" else (*shape[:-1], 1)
