"""Official VAT and this project side by side: quantities, paths, times."""

import dataclasses
import pathlib
import statistics
import sys

import numpy as np

from xvat_tf.parity.official import bars, inputs
from xvat_tf.parity.official.our_side import OurSide
from xvat_tf.parity.quantity import absolute, one_minus_cosine, relative
from xvat_tf.parity.side_by_side.child_process import ChildProcess
from xvat_tf.parity.side_by_side.rows import Row, row
from xvat_tf.settings import Settings

_CHILD = "xvat_tf.parity.official.child"
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
IMAGE_SHAPE = (32, 32, 3)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a comparison found.

    Args:
        rows: Every compared quantity.
        theirs: Their loss at each joint step.
        ours: Our loss at each joint step.
        seconds: Seconds of each step, by side, `"theirs"` and `"ours"`.
    """

    rows: list[Row]
    theirs: list[float]
    ours: list[float]
    seconds: dict[str, list[float]]

    def median_seconds(self, side: str) -> float:
        """Median step time without the first step, which is traced in."""
        times = self.seconds[side]
        return statistics.median(times[1:] or times)


def compare(
    checkout: pathlib.Path,
    settings: Settings,
    steps: int,
    scratch: pathlib.Path,
    image_shape: tuple[int, int, int] = IMAGE_SHAPE,
) -> Outcome:
    """Runs both sides on the same weights, batches and noise.

    Args:
        checkout: Folder of the official program.
        settings: Method, batch sizes, dtype; no dropout.
        steps: Joint training steps, 1 or more.
        scratch: Empty folder for the child's files.
        image_shape: Sides divisible by 4.

    Returns:
        All that was compared.

    Raises:
        UserError: The official program ended.
    """
    our_side = OurSide(settings, image_shape)
    arrays = make_inputs(our_side, settings, steps, image_shape)
    our_side.start(arrays)
    np.savez(scratch / "inputs.npz", **arrays)
    with ChildProcess(
        _CHILD, sys.executable, scratch, "the official program"
    ) as child:
        child.ask(
            "build",
            folder=str(checkout),
            flags=_official_flags(settings),
            dtype=settings.train.dtype,
            inputs=str(scratch / "inputs.npz"),
        )
        child.ask("measure", outputs=str(scratch / "theirs.npz"))
        expected = dict(np.load(scratch / "theirs.npz"))
        found = our_side.measure()
        return _train(child, our_side, steps, settings, (found, expected))


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
    return inputs.make_weights(our_side.classifier, rng) | {
        "images": images,
        "class_indices": labels,
        "labels": inputs.one_hot(labels, train.dtype),
        "unlabeled_images": unlabeled,
        "noise": np.stack(noise),
        "kl_p": kl_p,
        "kl_q": kl_q,
    }


def _official_flags(settings):
    values = {}
    for group in (settings.network, settings.method, settings.train):
        values |= dataclasses.asdict(group)
    flags = {name: values[name] for name in _FLAGS}
    return flags | {"method": _official_method(settings)}


def _official_method(settings):
    method = settings.method.method
    return "baseline" if method == "mle" else method


def _train(child, our_side, steps, settings, first_batch):
    """The joint steps in turns, and all rows."""
    theirs, ours = [], []
    seconds = {"theirs": [], "ours": []}
    for step in range(steps):
        answer = child.ask("step", step=step)
        theirs.append(answer["loss"])
        seconds["theirs"].append(answer["seconds"])
        loss, duration = our_side.step(step)
        ours.append(loss)
        seconds["ours"].append(duration)
    chosen = bars.bars(
        _official_method(settings),
        settings.train.dtype,
        settings.method.xi,
        settings.method.num_power_iterations,
    )
    rows = _batch_rows(*first_batch, chosen, settings)
    return Outcome(
        rows + _path_rows(theirs, ours, chosen), theirs, ours, seconds
    )


def _batch_rows(found, expected, chosen, settings):
    def pair(name):
        return found[name], expected[name]

    rows = [
        row(absolute, "logits, training", *pair("logits_train"), chosen.logits),
        row(
            absolute, "logits, evaluation", *pair("logits_eval"), chosen.logits
        ),
        row(relative, "KL of given logits", *pair("kl"), chosen.kl),
    ]
    if "r_vadv" in expected:
        rows += _perturbation_rows(pair, chosen, settings.train.dtype)
    rows.append(row(relative, "total loss", *pair("loss"), chosen.loss))
    for name in sorted(expected):
        kind, _, variable = name.partition("/")
        # Under a batch norm on the logits this gradient is 0 but for rounding.
        zero = variable == "fc_b" and settings.network.top_bn
        if kind == "gradient" and not zero:
            bar, group = chosen.gradient, "gradients"
            rows.append(row(relative, variable, *pair(name), bar, group))
        elif kind == "statistic":
            bar, group = chosen.logits, "batch-norm statistics"
            rows.append(row(absolute, variable, *pair(name), bar, group))
    return rows


def _perturbation_rows(pair, chosen, dtype):
    found, expected = pair("r_vadv")
    lengths = [
        np.linalg.norm(r.reshape(len(r), -1), axis=1) for r in (found, expected)
    ]
    measure = relative if dtype == "float64" else one_minus_cosine
    angle = chosen.r if dtype == "float32" else max(chosen.r**2, 1e-12)
    return [
        row(relative, "r_vadv, norms", *lengths, 1e-5),
        row(one_minus_cosine, "r_vadv, cosine", found, expected, angle),
        *(
            [row(measure, "r_vadv", found, expected, chosen.r)]
            if dtype == "float64"
            else []
        ),
        row(relative, "VAT loss", *pair("vat_loss"), chosen.vat_loss),
    ]


def _path_rows(theirs, ours, chosen):
    rows = []
    for i, (reference, loss) in enumerate(zip(theirs, ours, strict=True)):
        early = i < bars.EARLY_STEPS
        rows.append(
            row(
                relative,
                f"step {i + 1}",
                loss,
                reference,
                chosen.path[i] if early else chosen.late,
                f"Adam, steps 1-{bars.EARLY_STEPS}" if early else "Adam, later",
            )
        )
    return rows
