"""Masks of a run, and masks that learned nothing to measure them against."""

import numpy as np
import tensorflow as tf

from xvat_tf.perturbations import InferencePasses
from xvat_tf.training import make_objective
from xvat_tf.training.noise import StepNoise

_SEED = 0


def learned_masks(
    classifier, generator, method, examples, batch_size: int
) -> dict[str, np.ndarray]:
    """Masks of a run's generator, the same for the same weights.

    Of examples (images, labels, rows of a mask table), so many at a time.
    `sampled` is a draw of the hard concrete distribution with the same noise
    for every run, after the step that masks take in training; `noise_free` the
    mask at the median of the noise. Shape of the images or with one channel,
    in [0, 1].
    """
    objective = make_objective(method, generator)
    drawn, passes = [], InferencePasses(classifier)
    for start in range(0, len(examples[0]), batch_size):
        images, *rest = (p[start : start + batch_size] for p in examples)
        images, noise = tf.convert_to_tensor(images), StepNoise(_SEED, start)
        drawn.append(objective.display(images, *rest, passes, noise))
    return {
        "sampled": np.concatenate([one.sample for one in drawn]),
        "noise_free": np.concatenate([one.noise_free for one in drawn]),
    }


def kept_share(mask: np.ndarray) -> np.ndarray:
    """Mean entry of each mask, `(n,)`, in [0, 1]: what it lets through."""
    return mask.reshape(len(mask), -1).mean(axis=1, dtype=np.float64)


def swapped(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gives each image the mask of another one: as smooth, elsewhere.

    In a random order each takes its successor's mask; a single one its own.
    """
    order = rng.permutation(len(mask))
    moved = np.empty_like(mask)
    moved[order] = mask[np.roll(order, -1)]
    return moved


def bernoulli(
    share: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Keeps (1) or deletes (0) each pixel by a coin of its own.

    The probability of keeping is that of the image, `share`, `(n,)`. Gives
    float32, `(n, *shape)`.
    """
    coins = rng.random((len(share), *shape))
    odds = np.reshape(share, (-1, *[1] * len(shape)))
    return (coins < odds).astype(np.float32)


def shuffled(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Puts the entries of each mask at random pixels, of each image anew.

    The channels of a pixel of `(n, height, width, channels)` stay together.
    """
    places = mask.shape[1:3]
    pixels = mask.reshape(len(mask), int(np.prod(places)), -1)
    in_order = np.tile(np.arange(pixels.shape[1]), (len(mask), 1))
    order = rng.permuted(in_order, axis=1)[..., np.newaxis]
    moved = np.take_along_axis(pixels, order, axis=1)
    return moved.reshape(mask.shape)
