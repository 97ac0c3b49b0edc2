"""Around the step: input, evaluation, `fit` as a whole, the start."""

import subprocess
import sys
import tempfile
import time

import keras
import tensorflow as tf

from xvat_tf.benchmarking.alternation import in_turns, quantiles, ratio
from xvat_tf.benchmarking.cases import Case
from xvat_tf.benchmarking.compiled_step import CompiledStep
from xvat_tf.data.streams import training_stream
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.training import prepare_data, run
from xvat_tf.training.evaluation.evaluator import Predictor
from xvat_tf.training.experiment import stream_options

_EVALUATED = 10_000
_BATCHES = 200


def measure(parts: list[str], case: Case, rounds: int) -> dict:
    """Measures and prints what is around the step of one case.

    Of the parts `input`, `evaluation` (so many rounds), `fit` and `start`.
    Returns every sample, in seconds, by name.
    """
    found = {"network": case.network, "method": case.method}
    print(f"\n{case.network} {case.method}")
    if {"input", "fit"} & set(parts):
        data = prepare_data(case.settings)
    if "input" in parts:
        found["input"] = _input_seconds(case, data)
        print(f"input: {1e3 * quantiles(found['input'])[0]:.3f} ms per batch")
    if "evaluation" in parts:
        found |= _evaluation_seconds(case, rounds)
        times = found["evaluation"], found["forward passes"]
        print(
            f"evaluation: {_EVALUATED / quantiles(times[0])[0]:.0f} images/s,"
            f" {ratio(*times):.3f} of the time of bare forward passes"
        )
    if "fit" in parts:
        found |= _fit_seconds(case, data)
        times = found["fit"], found["bare"]
        print(
            f"fit: {1e3 * quantiles(times[0])[0]:.2f} ms per step,"
            f" {ratio(*times):.3f} of the bare compiled step"
        )
    if "start" in parts:
        with tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch:
            found["start_seconds"] = command_seconds(
                *case.flags,
                *("--num_epochs=1", "--num_iter_per_epoch=1"),
                f"--log_dir={scratch}/run",
            )
        print(f"command of one step: {found['start_seconds']:.1f} s")
    return found


def command_seconds(*flags: str) -> float:
    """Seconds of a training command; if it fails, its last line is raised."""
    command = [sys.executable, "-m", "xvat_tf.train", *flags]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise UserError(lines[-1].removeprefix("error: "))
    return seconds


def _timed(function):
    """A function whose call gives its seconds."""

    def call():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return call


def _input_seconds(case, data):
    stream = iter(training_stream(data, **stream_options(case.settings, 0)))
    next(stream)
    step = _timed(lambda: next(stream))
    return [step() for _ in range(_BATCHES)]


def _evaluation_seconds(case, rounds):
    """Of 10,000 images in turns: `evaluation`, and bare `forward passes`."""
    classifier = CompiledStep(case).trainer.classifier
    size = case.settings.train.eval_batch_size
    predict = Predictor(classifier, size)
    images = tf.random.stateless_uniform(
        (_EVALUATED, *case.image_shape), (1, 2), -0.5, 0.5
    ).numpy()
    batch = tf.constant(images[:size])
    forward = tf.function(
        lambda x: classifier(x, training=False), autograph=False
    )

    def bare():
        for _ in range(_EVALUATED // size):
            logits = forward(batch)
        logits.numpy()

    steps = {
        "evaluation": _timed(lambda: predict(images)),
        "forward passes": _timed(bare),
    }
    for step in steps.values():  # Trace.
        step()
    return in_turns(steps, rounds, 0.0)


class _BareEpochs(keras.callbacks.Callback):
    """Before each epoch of `fit`, as many bare steps; times both.

    Comes first, so that an epoch ends here before it is evaluated.
    """

    def __init__(self, step: CompiledStep, steps: int):
        super().__init__()
        self._step, self._steps = step, steps
        self.samples = {"fit": [], "bare": []}

    def on_epoch_begin(self, epoch, logs=None):
        bare = [self._step() for _ in range(self._steps)]
        self.samples["bare"].append(sum(bare) / self._steps)
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._start
        self.samples["fit"].append(seconds / self._steps)


def _fit_seconds(case, data):
    """Per step of a training run, `fit`, and of its `bare` compiled step.

    The run is the one of `python -m xvat_tf.train`, with its input pipeline,
    metrics, callbacks and TensorBoard; evaluations and panels lie between
    epochs and are not counted. The first epoch, which compiles, is dropped.
    """
    step = CompiledStep(case)
    step.warm_up()
    epochs = _BareEpochs(step, case.settings.train.num_iter_per_epoch)
    with tempfile.TemporaryDirectory(prefix="xvat_tf-") as scratch:
        folder = RunFolder(scratch)
        folder.open(case.settings)
        run(case.settings, folder, data, observers=[epochs])
    return {name: times[1:] for name, times in epochs.samples.items()}
