"""Arguments as Keras users give them: taken, or refused by name in a line."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS, Method
from xvat_tf.option import Option, options
from xvat_tf.records.tags import ACCURACY, CROSS_ENTROPY, NAMES
from xvat_tf.settings import TrainSettings
from xvat_tf.settings.axes import CHANNELS
from xvat_tf.training.objectives import MaximumLikelihood

_OPTIONS = {
    "statistics": Option(str, "", "", ("labeled", "unlabeled")),
    "channels": Option(str, "auto", "", CHANNELS),
    "seed": Option(int, 0, "", at_least=0, at_most=2**32 - 1),
    "ema_decay": options(TrainSettings)["ema_decay"],
    "shuffle": Option(bool, True, ""),
} | dict.fromkeys(
    (
        *("batch_size", "unlabeled_batch_size", "steps_per_epoch"),
        "steps_per_execution",
    ),
    Option(int, 1, "", at_least=1),
)
# What Keras' callbacks cannot find out for values that are not its metrics.
_MODES = {NAMES[ACCURACY]: "max", NAMES[CROSS_ENTROPY]: "min"}


def require_method(method: Any) -> None:
    """Refuses what is no method, such as its name."""
    if not isinstance(method, Method | MaximumLikelihood):
        given = getattr(method, "__name__", repr(method))
        known = ", ".join(f"{m.__name__}(...)" for m in METHODS.values())
        raise UserError(
            f"method={given} is not an instance: give one of xvat_tf, with"
            f" parentheses: {known}."
        )


def require_instance(value: Any, kind: type, name: str) -> None:
    """Refuses what is not of a kind, such as its class."""
    if not isinstance(value, kind):
        given = getattr(value, "__name__", type(value).__name__)
        raise UserError(
            f"{name} must be a keras.{kind.__name__} instance, given {given}."
        )


def check(name: str, value: Any) -> None:
    """Refuses what an option of that name does not take; None is a value."""
    known = _OPTIONS[name]
    try:
        if value is None:
            raise UserError(f"{name}=None is not known: leave it out.")
        known.check(name, value)
    except UserError as error:
        raise UserError(str(error).removeprefix("--")) from None


def optimizer(value: Any, name: str) -> keras.optimizers.Optimizer:
    """The optimizer that a name, a configuration or itself stands for."""
    try:
        found = keras.optimizers.get(value)
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise UserError(
            f"{name}={value!r} is not an optimizer: give a name such as"
            " 'adam', or"
            " one made by keras.optimizers. Give no loss: the method has its"
            " own."
        )
    return found


def without_accuracy(metrics: Any, name: str) -> list | None:
    """Metrics of `compile` but the accuracy, which is always reported.

    Refuses a weighted one by name: Keras would compare one logit with 0.5.
    """
    given = metrics if isinstance(metrics, list | tuple) else [metrics]
    others = [m for m in given if m not in ("accuracy", "acc", None)]
    if name == "weighted_metrics" and len(others) < len(given) and metrics:
        raise UserError(
            f"{name} takes no 'accuracy': give one of keras.metrics, such as"
            " SparseCategoricalAccuracy()."
        )
    return others or None


def build_own(
    optimizer: keras.optimizers.Optimizer, variables: Sequence, name: str
) -> None:
    """Builds an optimizer; refuses one that was built for other variables."""
    optimizer.build(variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    known = {id(variable) for variable in inner._trainable_variables}
    if not all(id(variable) in known for variable in variables):
        raise UserError(
            f"{name} belongs to other weights: after a change to `trainable`,"
            " or for another model, call compile with a new one."
        )


def require_whole_calls(count: int, epoch_steps: int | None) -> None:
    """Refuses calls of steps after which Keras is in the next epoch."""
    if epoch_steps and epoch_steps % count:
        raise UserError(
            f"steps_per_execution={count} does not divide the {epoch_steps}"
            " steps of an epoch: give compile a number that does."
        )


def refuse(unknown: Mapping, method: str) -> None:
    """Refuses options that a method of a trainer does not have, if any."""
    if not unknown:
        return
    given = ", ".join(f"{name}={unknown[name]!r}" for name in unknown)
    reason = "there is no such option"
    if "loss" in unknown or "loss_weights" in unknown:
        reason = "the loss is the method's, cross entropy and its own terms"
    raise UserError(f"{method} takes no {given}: {reason}; leave it out.")


def by_name(
    method: Callable, positional: Sequence, options: Mapping, own: Sequence[str]
) -> dict:
    """Arguments of a Keras method after `x` and `y`, by name; refuses others.

    Positional ones are in its order; `own` are names that only the trainer's
    method has.
    """
    names = list(inspect.signature(method).parameters)[3:]
    known = {*names, *own}
    refuse(
        {name: value for name, value in options.items() if name not in known},
        method.__name__,
    )
    return dict(zip(names, positional, strict=False)) | dict(options)


def tell_modes(callbacks: Any) -> None:
    """Tells callbacks whether what they monitor is to rise or to fall.

    Those of `fit` with `mode="auto"` that monitor accuracy or cross entropy.
    """
    listed = getattr(callbacks, "callbacks", callbacks)
    for callback in keras.tree.flatten(listed):
        monitored = str(getattr(callback, "monitor", ""))
        name = monitored.removeprefix("val_")
        if name in _MODES and getattr(callback, "mode", None) == "auto":
            callback.mode = _MODES[name]
