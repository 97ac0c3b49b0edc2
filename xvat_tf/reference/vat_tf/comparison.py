"""Official VAT and this project side by side: quantities, paths, times."""

import dataclasses
import pathlib

import numpy as np
import tqdm

from xvat_tf.reference.programs import official_program
from xvat_tf.reference.side_by_side import inputs
from xvat_tf.reference.side_by_side.child_process import ChildProcess
from xvat_tf.reference.side_by_side.quantity import Quantity
from xvat_tf.reference.vat_tf.our_side import OurSide, kept_units
from xvat_tf.reference.vat_tf.quantities import (
    MOVED_RUNS,
    by_step,
    compare_quantities,
    moved_by_rounding,
)
from xvat_tf.settings import Settings

_IMAGE_SHAPE = (32, 32, 3)
_FLAGS = (
    "epsilon",
    "xi",
    "num_power_iterations",
    "keep_prob_hidden",
    "lrelu_a",
    "top_bn",
    "bn_stats_decay_factor",
    "learning_rate",
    "mom1",
)


def compare(
    checkout: pathlib.Path,
    settings: Settings,
    steps: int,
    scratch: pathlib.Path,
    image_shape: tuple[int, int, int] = _IMAGE_SHAPE,
) -> tuple[list[Quantity], dict[str, list[float]]]:
    """Runs both sides on the same weights, batches and noise, some joint steps.

    The child's files go to `scratch`; sides of images are divisible by 4. Gives
    what was compared, and seconds of each step, by side, `"theirs"` and
    `"ours"`. A UserError says that the official program ended.
    """
    our_side = OurSide(settings, image_shape)
    arrays = make_inputs(our_side, settings, steps, image_shape)
    program = official_program(
        checkout, _official_flags(settings), arrays, settings.train.dtype
    )
    with ChildProcess(program, scratch) as child:
        expected = child.measure()
        our_side.start(arrays)
        found = our_side.measure()
        (theirs, ours), seconds = _train_in_turns(child, our_side, steps)
    rows = compare_quantities(
        found | by_step(ours),
        expected | by_step(theirs),
        _moved_runs(our_side, arrays, steps, settings.train.seed),
        settings.train.dtype,
    )
    return rows, seconds


def make_inputs(
    our_side: OurSide, settings: Settings, steps: int, image_shape
) -> dict[str, np.ndarray]:
    """Weights by reference name, batches of every step, noise, two logits."""
    train = settings.train
    rng = np.random.default_rng(train.seed)
    labels = inputs.make_labels(rng, steps, train.batch_size)
    images, unlabeled = (
        inputs.make_batches(rng, steps, size, image_shape, train.dtype)
        for size in (train.batch_size, train.ul_batch_size)
    )
    noise = [our_side.noise(x, step) for step, x in enumerate(unlabeled)]
    kl_p, kl_q = rng.standard_normal((2, 16, 10)).astype(train.dtype)
    weights = inputs.make_weights(our_side.classifier, rng)
    sizes = {train.batch_size, train.ul_batch_size}
    return (
        weights
        | kept_units(our_side.classifier, steps, sizes)
        | {
            "images": images,
            "class_indices": labels,
            "labels": inputs.one_hot(labels, train.dtype),
            "unlabeled_images": unlabeled,
            "noise": np.stack(noise),
            "kl_p": kl_p,
            "kl_q": kl_q,
        }
    )


def _official_flags(settings):
    values = {}
    for group in (settings.network, settings.method, settings.train):
        values |= dataclasses.asdict(group)
    method = settings.method.name
    flags = {name: values[name] for name in _FLAGS}
    return flags | {"method": "baseline" if method == "mle" else method}


def _train_in_turns(child, our_side, steps):
    """Losses (theirs, ours) and seconds of every joint step."""
    theirs, ours = [], []
    seconds = {"theirs": [], "ours": []}
    for step in _counted(steps, "joint steps"):
        seconds["theirs"].append(child.step(step))
        theirs.append(child.loss)
        loss, duration = our_side.step(step)
        ours.append(loss)
        seconds["ours"].append(duration)
    return (theirs, ours), seconds


def _moved_runs(our_side, arrays, steps, seed):
    """Our quantities, each run's from inputs moved by rounding errors."""
    rng = np.random.default_rng(seed)
    runs = []
    for run in range(MOVED_RUNS):
        our_side.start(moved_by_rounding(arrays, rng))
        found = our_side.measure()
        count = _counted(steps, f"moved by rounding, {run + 1}/{MOVED_RUNS}")
        losses = [our_side.step(step)[0] for step in count]
        runs.append(found | by_step(losses))
    return runs


def _counted(steps, title):
    """The steps, with a progress bar on a terminal."""
    return tqdm.trange(steps, desc=title, leave=False, disable=None)
