"""A classifier under the masks of its run, and under random ones."""

import numpy as np

from xvat_tf.analysis import masks
from xvat_tf.analysis.robustness.under_change import Subject, UnderChange
from xvat_tf.perturbations import apply_mask
from xvat_tf.training.building import Restored

_SEED = 0
# Shares that random masks keep, the same for every run.
_SHARES = (0.9, 0.7, 0.5)


def rows(
    subject: Subject, restored: Restored, batch_size: int
) -> list[UnderChange]:
    """Accuracy under masks, `batch_size` images at a time.

    Returns:
        Learned masks, where the run has a generator, and three controls of
        each kind; then random masks that keep the same shares in every run.
    """
    rng = np.random.default_rng(_SEED)
    found = []
    if restored.generator is not None:
        method = restored.settings.method
        none = np.zeros(len(subject.images), np.int32)
        learned = masks.learned_masks(
            restored.classifier,
            restored.generator,
            method,
            (subject.images, subject.labels, none),
            batch_size,
        )
        for kind, mask in learned.items():
            kind = kind.replace("_", "-")
            for name, one in _with_controls(kind, mask, rng).items():
                found.append(_row(subject, name, one, method.mask_gain))
    places = restored.data.image_shape
    shape = places if len(places) == 1 else (*places[:2], 1)
    for share in _SHARES:
        shares = np.full(len(subject.images), share)
        mask = masks.bernoulli(shares, shape, rng)
        found.append(_row(subject, f"random mask, keeps {share:.0%}", mask, 1))
    return found


def _row(subject, name, mask, gain):
    changed = apply_mask(
        subject.images, mask.astype(subject.images.dtype), gain
    )
    kept = float(masks.kept_share(mask).mean())
    return subject.row(name, changed, kept=kept)


def _with_controls(kind, mask, rng):
    share = masks.kept_share(mask)
    return {
        f"{kind} mask": mask,
        f"{kind} mask, pixels shuffled": masks.shuffled(mask, rng),
        f"{kind} mask of another image": masks.swapped(mask, rng),
        f"{kind} mask's share at random": masks.bernoulli(
            share, mask.shape[1:], rng
        ),
    }
