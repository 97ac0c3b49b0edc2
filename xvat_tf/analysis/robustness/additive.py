"""A classifier under attacks, virtual adversarial r, and noise."""

import contextlib
import sys

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.analysis.robustness.subject import Subject
from xvat_tf.console.progress_bar import progress_bar
from xvat_tf.perturbations import InferencePasses, attacks
from xvat_tf.perturbations.additive import virtual_adversarial_perturbation
from xvat_tf.perturbations.attacks import Ball, Bounds
from xvat_tf.training.noise import StepNoise

_SEED = 0
# The same for every run, whatever its method trained with: short enough for
# the KL to be a parabola, long enough for float32 to see its slope.
_XI, _POWER_ITERATIONS = 0.01, 10
_VIRTUAL = "virtual adversarial"


def rows(
    subject: Subject,
    classifier: keras.Model,
    epsilons: dict[str, tuple[float, ...]],
    *,
    steps: int,
    batch_size: int,
    bounds: Bounds | None,
) -> list[dict]:
    """Accuracy under every additive perturbation, norm by norm.

    A `Subject.row` for each epsilon of noise, FGSM, PGD of so many steps and,
    in L2, virtual adversarial r. Epsilons are by norm, `"l2"` or `"linf"`; so
    many images are perturbed together, and clipped to the bounds, if any. The
    classifier is in inference mode from here.
    """
    searches = _searches(InferencePasses(classifier).traceless, steps, bounds)
    planned = [
        (norm, name, perturb, passes, epsilon)
        for norm, values in epsilons.items()
        for name, (passes, search) in searches.items()
        if norm == "l2" or name != _VIRTUAL
        for perturb in [_traced(search, norm)]
        for epsilon in values
    ]
    starts = range(0, len(subject.images), batch_size)
    total = len(starts) * sum(passes for *_, passes, _ in planned)
    bar = progress_bar(total, "pass", lines=sys.stderr)
    width = max(map(len, searches))
    found = []
    with contextlib.closing(bar):
        for norm, name, perturb, passes, epsilon in planned:
            pieces = []
            for start in starts:
                piece = slice(start, start + batch_size)
                pieces.append(_perturbed(perturb, subject, piece, epsilon))
                bar.advance(passes, f"{name:{width}}")
            changed = np.concatenate(pieces)
            found.append(subject.row(name, changed, norm=norm, epsilon=epsilon))
    return found


def _perturbed(perturb, subject, piece, epsilon):
    changed = perturb(
        tf.constant(subject.images[piece]),
        tf.constant(subject.labels[piece]),
        tf.constant(piece.start, tf.int64),
        tf.constant(epsilon, subject.images.dtype),
    )
    return changed.numpy()


def _traced(search, norm):
    """A search of one norm: (images, labels, start, epsilon) -> images.

    `start` counts the images before: it picks their noise, so that a report
    repeats itself.
    """
    return tf.function(
        lambda images, labels, start, epsilon: search(
            images, labels, StepNoise(_SEED, start), Ball(norm, epsilon)
        ),
        reduce_retracing=True,
    )


def _searches(forward, steps, bounds):
    """Each with the passes that it makes, the measured one included."""

    def clip(images):
        return images if bounds is None else tf.clip_by_value(images, *bounds)

    def noise_alone(images, labels, noise, ball):
        """Of the norm that FGSM has: Gaussian, in L-inf its signs."""
        return clip(images + ball.furthest(noise.normal(images)))

    def fgsm(images, labels, noise, ball):
        return attacks.fast_gradient(
            forward, images, labels, ball=ball, bounds=bounds
        )

    def pgd(images, labels, noise, ball):
        return attacks.projected_gradient(
            forward,
            images,
            labels,
            noise.uniform(images),
            ball=ball,
            steps=steps,
            bounds=bounds,
        )

    def virtual(images, labels, noise, ball):
        """r_vadv of VAT: no label, from the clean prediction alone."""
        r = virtual_adversarial_perturbation(
            forward,
            images,
            forward(images),
            noise.normal(images),
            xi=_XI,
            num_power_iterations=_POWER_ITERATIONS,
            epsilon=ball.epsilon,
        )
        return clip(images + r)

    return {
        "random noise": (1, noise_alone),
        "FGSM": (2, fgsm),
        "PGD": (1 + steps, pgd),
        _VIRTUAL: (1 + _POWER_ITERATIONS, virtual),
    }
