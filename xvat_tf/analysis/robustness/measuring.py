"""The robustness report: one run under attacks, noise and masks."""

import numpy as np

from xvat_tf.analysis import masks
from xvat_tf.analysis.robustness import additive
from xvat_tf.analysis.robustness.subject import Subject
from xvat_tf.analysis.states import spread
from xvat_tf.perturbations import apply_mask
from xvat_tf.training.building import Restored
from xvat_tf.training.evaluation.evaluator import Predictor

# In widths of the pixel range.
_EPSILONS = {"linf": (0.01, 0.03, 0.1, 0.2), "l2": (0.25, 0.5, 1.0, 2.0)}
# Inputs without a range have one of so many standard deviations: pixels in
# [0, 1] deviate by about a quarter.
_DEVIATIONS = 4
_SEED = 0
# Shares that random masks keep, the same for every run.
_SHARES = (0.9, 0.7, 0.5)


def measure(
    restored: Restored,
    epsilons: dict[str, tuple[float, ...] | None],
    *,
    steps: int,
    num_images: int,
) -> dict:
    """Measures a run at a checkpoint, in the same way every time.

    At most `num_images` evaluated images, under PGD of so many steps and
    epsilons by norm, `"linf"` and `"l2"`; None for the defaults. `bounds` are
    the range of the inputs or None, `rows` those of `Subject.row`, and `notes`
    what could not be measured.
    """
    data, batch = restored.data, restored.settings.train.eval_batch_size
    chosen = spread(len(data.test_images), num_images)
    subject = Subject(
        Predictor(restored.classifier, batch),
        data.test_images[chosen],
        data.test_labels[chosen],
    )
    bounds = data.scaler.bounds
    radii = default_epsilons(data.test_images, bounds)
    radii |= {norm: given for norm, given in epsilons.items() if given}
    rows = additive.rows(
        subject,
        restored.classifier,
        radii,
        steps=steps,
        batch_size=batch,
        bounds=bounds,
    )
    rows += _mask_rows(subject, restored, batch)
    return {
        "num_images": len(chosen),
        "evaluated_on": restored.settings.data.evaluated_on,
        "steps": steps,
        "bounds": bounds,
        "accuracy": subject.accuracy,
        "rows": rows,
        "notes": _notes(restored),
    }


def default_epsilons(
    images: np.ndarray, bounds: tuple[float, float] | None
) -> dict[str, tuple[float, ...]]:
    """Radii by norm, in the units of the inputs.

    The images, float `(n, ...)`, are read where the inputs have no bounds.
    """
    if bounds is None:
        width = _DEVIATIONS * float(images.std(dtype=np.float64))
    else:
        width = bounds[1] - bounds[0]
    return {
        norm: tuple(float(f"{width * share:.2g}") for share in shares)
        for norm, shares in _EPSILONS.items()
    }


def _notes(restored):
    method = restored.settings.method
    if method.uses_mask and restored.generator is None:
        return [
            "the run's masks are rows of a table, one per training image:"
            " there are none for these images."
        ]
    if not method.uses_mask:
        return [f"{method.name} learns no masks."]
    return []


def _mask_rows(subject, restored, batch_size):
    """Accuracy under masks, `batch_size` images at a time.

    Learned masks, where the run has a generator, and three controls of each
    kind; then random masks that keep the same shares in every run.
    """
    rng, method = np.random.default_rng(_SEED), restored.settings.method
    learned = {}
    if restored.generator is not None:
        none = np.zeros(len(subject.images), np.int32)
        learned = masks.learned_masks(
            restored.classifier,
            restored.generator,
            method,
            (subject.images, subject.labels, none),
            batch_size,
        )
    found = [
        _row(subject, name, one, method.mask_gain)
        for kind, mask in learned.items()
        for name, one in _with_controls(kind, mask, rng)
    ]
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
    name, share = f"{kind.replace('_', '-')} mask", masks.kept_share(mask)
    yield name, mask
    yield f"{name}, pixels shuffled", masks.shuffled(mask, rng)
    yield f"{name} of another image", masks.swapped(mask, rng)
    coins = masks.bernoulli(share, mask.shape[1:], rng)
    yield f"{name}'s share at random", coins
