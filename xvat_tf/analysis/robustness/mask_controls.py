"""Masks that learned nothing, against which learned ones are measured."""

import numpy as np

from xvat_tf.analysis.claims.mask_effect import shuffled

__all__ = ["bernoulli", "kept_share", "shuffled", "swapped"]


def kept_share(mask: np.ndarray) -> np.ndarray:
    """Mean entry of each mask, `(n,)`, in [0, 1]: what it lets through."""
    return mask.reshape(len(mask), -1).mean(axis=1, dtype=np.float64)


def swapped(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gives each image the mask of another one: as smooth, elsewhere.

    Args:
        mask: `(n, ...)`.
        rng: Orders the images; each takes its successor's mask in that order.

    Returns:
        Same shape; itself if n is 1.
    """
    order = rng.permutation(len(mask))
    moved = np.empty_like(mask)
    moved[order] = mask[np.roll(order, -1)]
    return moved


def bernoulli(
    share: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Keeps or deletes each pixel by a coin of its own.

    Args:
        share: Probability of keeping for each image, `(n,)`, in [0, 1].
        shape: Of one mask.
        rng: Tosses the coins.

    Returns:
        0 or 1, float32, `(n, *shape)`.
    """
    coins = rng.random((len(share), *shape))
    odds = np.reshape(share, (-1, *[1] * len(shape)))
    return (coins < odds).astype(np.float32)
