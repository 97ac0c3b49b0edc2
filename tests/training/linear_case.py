"""A linear classifier and a batch, whose losses are worked out by hand."""

import keras
import numpy as np
import tensorflow as tf

KERNEL = np.array([[1.0, -1.0], [0.5, 0.25]])
IMAGES = np.array([[0.2, -0.4], [1.0, 0.6]])
LABELS = np.array([0, 1])
UNLABELED = np.array([[0.7, 0.1], [-0.3, 0.9], [0.4, 0.4]])


def linear():
    layers = [keras.Input((2,)), keras.layers.Dense(2, use_bias=False)]
    model = keras.Sequential(layers)
    model.set_weights([KERNEL])
    return model


def batch_of(semi):
    """All of the images above, or the labeled ones alone."""
    batch = {
        "images": tf.constant(IMAGES),
        "labels": tf.constant(LABELS),
        "indices": tf.range(2),
    }
    if semi:
        batch["unlabeled_images"] = tf.constant(UNLABELED)
        batch["unlabeled_indices"] = tf.range(3)
    return batch
