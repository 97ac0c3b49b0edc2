"""Whether a user's classifier can be trained: one line for each mistake."""

import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.perturbations import InferencePasses

# Operations that hand on what they are given.
_TRANSPARENT = ("Identity", "Cast", "Reshape", "Squeeze")
_PROBABILITIES = {"Softmax": "softmax", "Sigmoid": "sigmoid"}


def require_one_device(model) -> None:
    """Refuses a model made in the scope of a `tf.distribute` strategy.

    Raises:
        UserError: It was.
    """
    with model.distribute_strategy.scope():
        if tf.distribute.has_strategy():
            raise UserError(
                "a model of one's own is trained on one device, given one made"
                " in the scope of a tf.distribute strategy: make the model and"
                " the Trainer outside of it."
            )


def check(classifier, inputs, perturb: str | None, perturbed: bool):
    """Builds the classifier and checks what it gives.

    Args:
        classifier: Keras model; built by a call if it is not.
        inputs: A batch of its inputs.
        perturb: Name of the perturbed one of several inputs.
        perturbed: Whether its input will be perturbed.

    Returns:
        Number of its outputs.

    Raises:
        UserError: It gives no single vector of logits, ends in probabilities,
            or has no gradient with respect to the perturbed input.
    """
    outputs = classifier(inputs, training=False)
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2:
        given = "several outputs" if shape is None else f"shape {tuple(shape)}"
        raise UserError(
            "the classifier must give one vector of logits per example,"
            f" (batch, classes), given {given}: pass the part of the model"
            " that ends in them."
        )
    _check_logits(classifier, inputs)
    if perturbed:
        _check_gradient(classifier, inputs, perturb)
    return shape[-1]


def _check_logits(classifier, inputs):
    """Looks at the operation that makes the output, whatever the model is."""
    function = tf.function(lambda x: classifier(x, training=False))
    specs = tf.nest.map_structure(tf.TensorSpec.from_tensor, inputs)
    output = function.get_concrete_function(specs).graph.outputs[0]
    operation = output.op
    while operation.type in _TRANSPARENT:
        operation = operation.inputs[0].op
    if operation.type in _PROBABILITIES:
        name = _PROBABILITIES[operation.type]
        raise UserError(
            f"the classifier ends in a {name}: it gives probabilities, and the"
            f" losses take logits. Leave activation={name!r} out of its last"
            " layer; apply it to the predictions."
        )


def _check_gradient(classifier, inputs, perturb):
    passes = InferencePasses(classifier, perturb)
    images, passes = passes.apart(inputs)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(passes.traceless(images))
    if tape.gradient(total, images) is None:
        named = "its input" if perturb is None else f"its input {perturb!r}"
        raise UserError(
            f"the classifier has no gradient with respect to {named}, so it"
            " cannot be perturbed: give numbers, not token or category ids."
        )
