"""Whether a user's classifier can be trained: one line for each mistake."""

import numpy as np
import tensorflow as tf

from xvat_tf.errors import UserError, reason
from xvat_tf.perturbations import InferencePasses
from xvat_tf.perturbations.spacing import coarsest_spacing

# Rows that are looked at, and passes that must agree.
_ROWS, _PASSES = 8, 3
# Factors of the inputs: logits of some leave any interval.
_FACTORS = (1.0, -1.0, 100.0, -100.0)


def require_one_device(model) -> None:
    """Refuses a model made in the scope of a `tf.distribute` strategy."""
    with model.distribute_strategy.scope():
        if tf.distribute.has_strategy():
            raise UserError(
                "your own model is trained on one device; this one was made"
                " in the scope of a tf.distribute strategy: make the model and"
                " the Trainer outside of it."
            )


def input_names(classifier) -> list[str]:
    """Names of a model's inputs; none of a model that does not declare them."""
    try:
        return [tensor.name for tensor in classifier.inputs or ()]
    except (AttributeError, ValueError):  # Not functional, or not built.
        return []


def check(classifier, inputs, perturb: str | None, perturbed: bool):
    """Builds the classifier by a batch of inputs and checks what it gives.

    It may be `perturbed`, by the input `perturb` of several. A UserError says
    that it gives no single vector of logits, trains no weight, ends in
    probabilities, has no gradient with respect to the perturbed input, or
    draws random numbers that are not part of its state. Returns the number of
    its outputs.
    """
    try:
        outputs = classifier(inputs, training=False)
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        shapes = [str(part.shape) for part in tf.nest.flatten(inputs)]
        raise UserError(
            f"the classifier does not take a batch of x, of shape"
            f" {', '.join(shapes)} ({reason(error)}): give inputs of its shape,"
            " and batches of them."
        ) from error
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2:
        given = "several outputs" if shape is None else f"shape {tuple(shape)}"
        raise UserError(
            "the classifier must give one vector of logits per example,"
            f" (batch, classes), given {given}: pass the part of the model"
            " that ends in logits."
        )
    if not classifier.trainable_variables:
        raise UserError(
            "the classifier has no weights that train: set trainable = True on"
            " it, or on some of its layers."
        )
    few = tf.nest.map_structure(lambda part: part[:_ROWS], inputs)
    differentiable = _has_gradient(classifier, few, perturb)
    _check_logits(classifier, few, perturb, differentiable)
    if perturbed and not differentiable:
        named = "its input" if perturb is None else f"its input {perturb!r}"
        raise UserError(
            f"the classifier has no gradient with respect to {named}, so it"
            " cannot be perturbed: give numbers, not token or category ids."
        )
    if perturbed:
        _check_state(classifier, few)
    return shape[-1]


def _has_gradient(classifier, inputs, perturb):
    passes = InferencePasses(classifier, perturb)
    images, passes = passes.apart(inputs)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(passes.traceless(images))
    return tape.gradient(total, images) is not None


def _check_logits(classifier, inputs, perturb, scalable):
    """Looks at the values of the outputs, whatever the model is made of.

    Of inputs from another world too, unless they are ids: a network that
    gives logits gives some below 0 or above 1 there.
    """
    images = inputs if perturb is None else inputs[perturb]
    found = []
    for factor in _FACTORS if scalable else _FACTORS[:1]:
        scaled = factor * images
        whole = scaled if perturb is None else {**inputs, perturb: scaled}
        found.append(np.asarray(classifier(whole, training=False), np.float64))
    outputs = np.concatenate(found)
    outputs = outputs[np.isfinite(outputs).all(axis=1)]
    if not len(outputs) or outputs.min() < 0:
        return
    rounding = max(1e-3, 2 * coarsest_spacing(classifier))
    of_all = "are 0 or above and add up to 1 in every example"
    if abs(outputs.sum(axis=1) - 1).max() < rounding and outputs.shape[1] > 1:
        _refuse_probabilities(of_all, "softmax")
    # Equal outputs of a last layer of zeros say nothing.
    if scalable and outputs.max() <= 1 and np.ptp(outputs) > rounding:
        _refuse_probabilities("are from 0 to 1 whatever it is given", "sigmoid")


def _refuse_probabilities(what, name):
    raise UserError(
        f"the classifier ends in a {name}, or an equivalent: its outputs"
        f" {what}, and the losses take logits. Leave the {name} out of"
        " the model; apply it to the predictions."
    )


def _check_state(classifier, inputs):
    """Repeats a training pass from one state, which must give one result.

    The passes of a step share a draw of dropout because it follows from the
    state; noise from elsewhere would be taken for the work of a perturbation.
    """
    variables = classifier.non_trainable_variables
    state = [variable.numpy() for variable in variables]
    found = []
    for _ in range(_PASSES):
        outputs = classifier(inputs, training=True)
        found.append(np.asarray(outputs, np.float64))
        for variable, value in zip(variables, state, strict=True):
            variable.assign(value)
    # Inputs that are not finite are found elsewhere.
    with np.errstate(invalid="ignore"):
        apart = max(abs(outputs - found[0]).max() for outputs in found)
    # More than what parallel sums leave open.
    if apart > coarsest_spacing(classifier) ** 0.5 * abs(found[0]).max():
        raise UserError(
            "the classifier draws random numbers that are not in its state:"
            f" passes of one batch from one state differ by {apart:.2g}, so a"
            " divergence would be of two draws. Give the layer that draws them"
            " self.seed_generator = keras.random.SeedGenerator(seed), and"
            " keras.random that as seed."
        )
