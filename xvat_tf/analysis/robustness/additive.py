"""A classifier under attacks, virtual adversarial r, and noise."""

import contextlib
import functools
import sys

import keras
import numpy as np
import tensorflow as tf

from xvat_tf.analysis.robustness.under_change import Subject, UnderChange
from xvat_tf.console.progress_bar import progress_bar
from xvat_tf.perturbations import InferencePasses, attacks
from xvat_tf.perturbations.additive import virtual_adversarial_perturbation
from xvat_tf.perturbations.attacks import Ball, Bounds
from xvat_tf.training.noise import StepNoise

_SEED = 0
# The same for every run, whatever its method trained with: short enough for
# the KL to be a parabola, long enough for float32 to see its slope.
_XI, _POWER_ITERATIONS = 0.01, 10


def rows(
    subject: Subject,
    classifier: keras.Model,
    epsilons: dict[str, tuple[float, ...]],
    *,
    steps: int,
    batch_size: int,
    bounds: Bounds | None,
) -> list[UnderChange]:
    """Accuracy under every additive perturbation, norm by norm.

    Args:
        subject: Of the classifier, which is in inference mode from here.
        classifier: Built Keras model.
        epsilons: By norm, `"l2"` or `"linf"`.
        steps: Gradients that PGD takes.
        batch_size: Images that are perturbed together.
        bounds: Range of the inputs, to which all is clipped, or None.

    Returns:
        For each epsilon: noise, FGSM, PGD and, in L2, virtual adversarial.
    """
    search = _Search(classifier, steps, bounds)
    planned = [
        (norm, name, perturb, epsilon)
        for norm, values in epsilons.items()
        for name, perturb in search.of(norm).items()
        for epsilon in values
    ]
    starts = range(0, len(subject.images), batch_size)
    total = len(starts) * sum(search.passes(name) for _, name, _, _ in planned)
    bar = progress_bar(total, "pass", lines=sys.stderr)
    width = max(len(name) for _, name, _, _ in planned)
    found = []
    with contextlib.closing(bar):
        for norm, name, perturb, epsilon in planned:
            advance = functools.partial(
                bar.advance, search.passes(name), f"{name:{width}}"
            )
            changed = _in_batches(perturb, subject, starts, epsilon, advance)
            found.append(subject.row(name, changed, norm=norm, epsilon=epsilon))
    return found


def _in_batches(perturb, subject, starts, epsilon, advance):
    images, dtype = subject.images, subject.images.dtype
    pieces = []
    for start in starts:
        piece = slice(start, start + starts.step)
        changed = perturb(
            tf.constant(images[piece]),
            tf.constant(subject.labels[piece]),
            tf.constant(start, tf.int64),
            tf.constant(epsilon, dtype),
        )
        pieces.append(changed.numpy())
        advance()
    return np.concatenate(pieces)


class _Search:
    """Functions (images, labels, start, epsilon) -> perturbed images.

    `start` counts the images before: it picks their noise, so that a report
    repeats itself.
    """

    def __init__(self, classifier, steps, bounds):
        self._forward = InferencePasses(classifier).traceless
        self._steps, self._bounds = steps, bounds

        # With the passes that it makes, the measured one included.
        self._searches = {
            "random noise": (self._noise, 1),
            "FGSM": (self._fgsm, 2),
            "PGD": (self._pgd, 1 + steps),
            "virtual adversarial": (self._virtual, 1 + _POWER_ITERATIONS),
        }

    def of(self, norm):
        """The traced functions of a norm, by name."""
        return {
            name: tf.function(
                lambda x, y, start, epsilon, search=search: search(
                    x, y, StepNoise(_SEED, start), Ball(norm, epsilon)
                ),
                reduce_retracing=True,
            )
            for name, (search, _) in self._searches.items()
            if norm == "l2" or name != "virtual adversarial"
        }

    def passes(self, name):
        """Passes that a search makes of a batch."""
        return self._searches[name][1]

    def _noise(self, images, labels, noise, ball):
        """Of the norm that FGSM has: Gaussian, in L-inf its signs."""
        return self._clip(images + ball.furthest(noise.normal(images)))

    def _fgsm(self, images, labels, noise, ball):
        return attacks.fast_gradient(
            self._forward, images, labels, ball=ball, bounds=self._bounds
        )

    def _pgd(self, images, labels, noise, ball):
        return attacks.projected_gradient(
            self._forward,
            images,
            labels,
            noise.uniform(images),
            ball=ball,
            steps=self._steps,
            bounds=self._bounds,
        )

    def _virtual(self, images, labels, noise, ball):
        """r_vadv of VAT: no label, from the clean prediction alone."""
        r = virtual_adversarial_perturbation(
            self._forward,
            images,
            self._forward(images),
            noise.normal(images),
            xi=_XI,
            num_power_iterations=_POWER_ITERATIONS,
            epsilon=ball.epsilon,
        )
        return self._clip(images + r)

    def _clip(self, images):
        if self._bounds is None:
            return images
        return tf.clip_by_value(images, *self._bounds)
