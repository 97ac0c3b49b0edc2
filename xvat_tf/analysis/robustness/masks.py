"""A classifier under the masks of its run, and under random ones."""

import numpy as np

from xvat_tf.analysis.robustness import mask_controls
from xvat_tf.analysis.robustness.under_change import Subject, UnderChange
from xvat_tf.perturbations import apply_mask
from xvat_tf.training import views
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.restoring import Restored

_SEED = 0
# Shares that random masks keep, the same for every run.
_SHARES = (0.9, 0.7, 0.5)


def rows(
    subject: Subject, restored: Restored, batch_size: int
) -> list[UnderChange]:
    """Accuracy under masks.

    Args:
        subject: Of the run's classifier.
        restored: The run.
        batch_size: Images that are masked together.

    Returns:
        Learned masks, where the run has a generator, and three controls of
        each kind; then random masks that keep the same shares in every run.
    """
    rng = np.random.default_rng(_SEED)
    found = []
    if restored.generator is not None:
        gain = restored.settings.method.mask_gain
        for kind, mask in _learned(subject, restored, batch_size).items():
            for name, one in _with_controls(kind, mask, rng).items():
                found.append(_row(subject, name, one, gain))
    places = restored.data.image_shape
    shape = places if len(places) == 1 else (*places[:2], 1)
    for share in _SHARES:
        shares = np.full(len(subject.images), share)
        mask = mask_controls.bernoulli(shares, shape, rng)
        found.append(_row(subject, f"random mask, keeps {share:.0%}", mask, 1))
    return found


def _row(subject, name, mask, gain):
    changed = apply_mask(
        subject.images, mask.astype(subject.images.dtype), gain
    )
    kept = float(mask_controls.kept_share(mask).mean())
    return subject.row(name, changed, kept=kept)


def _with_controls(kind, mask, rng):
    share = mask_controls.kept_share(mask)
    return {
        f"{kind} mask": mask,
        f"{kind} mask, pixels shuffled": mask_controls.shuffled(mask, rng),
        f"{kind} mask of another image": mask_controls.swapped(mask, rng),
        f"{kind} mask's share at random": mask_controls.bernoulli(
            share, mask.shape[1:], rng
        ),
    }


def _learned(subject, restored, batch_size):
    """Masks by kind: drawn with fixed noise, and without noise."""
    drawn = []
    for start in range(0, len(subject.images), batch_size):
        images = subject.images[start : start + batch_size]
        drawn.append(
            views.display(
                restored.classifier,
                restored.generator,
                restored.settings.method,
                images,
                subject.labels[start : start + batch_size],
                np.zeros(len(images), np.int32),
                StepNoise(_SEED, start),
            )
        )
    return {
        "sampled": np.concatenate([one.sample for one in drawn]),
        "noise-free": np.concatenate([one.noise_free for one in drawn]),
    }
