"""Per-example losses between predictions, from logits and stable in them."""

import tensorflow as tf


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Computes the cross entropy of labels.

    Args:
        labels: int, `(batch,)`, in [0, classes), or probabilities, float
            `(batch, classes)`, that add up to 1. No gradient.
        logits: float, `(batch, classes)`, unbounded. Gradient flows.

    Returns:
        float, `(batch,)`, in nats, 0 or above.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.dtype.is_floating:
        labels = tf.stop_gradient(tf.cast(labels, logits.dtype))
        return tf.nn.softmax_cross_entropy_with_logits(labels, logits)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def correct(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Whether the largest logit is that of the label: 1 or 0, `(batch,)`.

    Labels as in `cross_entropy`; of probabilities the largest counts. No
    gradient.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.dtype.is_floating:
        labels = tf.argmax(labels, axis=-1, output_type=tf.int32)
    predicted = tf.argmax(logits, axis=-1, output_type=labels.dtype)
    return tf.cast(predicted == labels, logits.dtype)


def kl_divergence(p_logits: tf.Tensor, q_logits: tf.Tensor) -> tf.Tensor:
    """Computes KL(p || q) in nats, `(batch,)`, from the logits of both.

    Both sides go through log-softmax. The released code takes the logarithm
    of a probability, which can underflow, and its training ended in NaN.
    Gradient flows through both.
    """
    log_p = tf.nn.log_softmax(p_logits)
    log_q = tf.nn.log_softmax(q_logits)
    return tf.reduce_sum(tf.exp(log_p) * (log_p - log_q), axis=-1)


def entropy(logits: tf.Tensor) -> tf.Tensor:
    """Computes the entropy of predictions: nats, `(batch,)`, 0 to log classes.

    The term that vatent adds to vat. Gradient flows.
    """
    log_p = tf.nn.log_softmax(logits)
    return -tf.reduce_sum(tf.exp(log_p) * log_p, axis=-1)


def squared_distance(p_logits: tf.Tensor, q_logits: tf.Tensor) -> tf.Tensor:
    """Squared distance of two predictions: sum over k of (p_k - q_k)^2.

    Float, `(batch,)`, in [0, 2] (paper eq. 15). Laine and Aila take the mean
    over the classes instead. Gradient flows through both.
    """
    difference = tf.nn.softmax(p_logits) - tf.nn.softmax(q_logits)
    return tf.reduce_sum(tf.square(difference), axis=-1)


def _cross_entropy_of_predictions(p_logits, q_logits):
    log_q = tf.nn.log_softmax(q_logits)
    return -tf.reduce_sum(tf.nn.softmax(p_logits) * log_q, axis=-1)


def divergence(
    clean_logits: tf.Tensor, perturbed_logits: tf.Tensor, kind: str
) -> tf.Tensor:
    """Measures how far a perturbation moves p(y|x): the local smoothness.

    Args:
        clean_logits: float, `(batch, classes)`. The target: no gradient.
        perturbed_logits: float, `(batch, classes)`. Gradient flows.
        kind: `"kl_clean_perturbed"`, KL(clean || perturbed) of paper eq. 7 and
            of vat_tf; `"kl_perturbed_clean"`, the reverse, kl=1 of the
            released PyTorch code; `"cross_entropy"`, its kl=0, which has the
            gradient of the first and is larger by the clean entropy.

    Returns:
        float, `(batch,)`, in nats.
    """
    clean_logits = tf.stop_gradient(clean_logits)
    return _DIVERGENCES[kind](clean_logits, perturbed_logits)


_DIVERGENCES = {
    "kl_clean_perturbed": kl_divergence,
    "kl_perturbed_clean": lambda clean, perturbed: kl_divergence(
        perturbed, clean
    ),
    "cross_entropy": _cross_entropy_of_predictions,
}
