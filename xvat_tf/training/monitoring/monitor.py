"""What a run writes while it trains: TensorBoard scalars and metrics.jsonl."""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf
import tqdm

from xvat_tf.data import PreparedData
from xvat_tf.records import MetricsLog, RunFolder, tags
from xvat_tf.records.forms import Progress
from xvat_tf.settings import Settings
from xvat_tf.training.evaluation.evaluator import Evaluator
from xvat_tf.training.monitoring.events import EventFiles
from xvat_tf.training.monitoring.overview import (
    write_end,
    write_overview,
    write_settings,
)
from xvat_tf.training.monitoring.panels import Panels
from xvat_tf.training.trainer import Trainer


class Windows:
    """The points since the last evaluation, and the one that is forming.

    Its means form in the trainer's metrics, which a checkpoint holds; so a
    continued run makes the same points as one that was never stopped.
    """

    def __init__(self, progress: Progress):
        self.closed, self.start = list(progress.windows), progress.window_start
        self.start_clock(progress.step)

    def start_clock(self, step: int) -> None:
        """The next point's seconds per step are of the steps from here on."""
        self._timed_from = step, time.monotonic()

    def close(self, step: int, means: dict[str, float]) -> float:
        """Makes a point of means by tag; returns seconds per step."""
        first, began = self._timed_from
        seconds = (time.monotonic() - began) / max(step - first, 1)
        self.closed.append((step - self.start, seconds, dict(means)))
        self.start = step
        return seconds

    def means(self) -> dict[str, float]:
        """Means by tag over all steps of the points."""
        counts, _, points = zip(*self.closed, strict=True)
        values = {tag: [p[tag] for p in points] for tag in points[0]}
        return {
            tag: float(np.average(np.array(of_tag, float), weights=counts))
            for tag, of_tag in values.items()
        }


class Monitor(keras.callbacks.Callback):
    """Writes scalars every `log_freq` steps and evaluates every `eval_freq`.

    The step axis is the optimizer's, so a continued run continues its curves.
    Each training point is the mean since the point before, also where a stop
    lies between them. Whatever is written is written between steps, and the
    clock of a step stands still.
    """

    def __init__(
        self,
        settings: Settings,
        folder: RunFolder,
        data: PreparedData,
        trainer: Trainer,
        log: MetricsLog,
        progress: Progress,
    ):
        super().__init__()
        self._all_settings, self._settings = settings, settings.train
        self._folder, self._log = folder, log
        self._evaluate = Evaluator(trainer, data, settings)
        self._events = EventFiles(folder, progress)
        self._panels = Panels(trainer, data, settings, self._events)
        self._windows = Windows(progress)
        self._started = time.monotonic() - progress.seconds

    @property
    def _step(self):
        return self.model.steps_done

    def progress(self) -> Progress:
        """How far the run has come, with what is on disk of it."""
        return Progress(
            step=self._step,
            seconds=time.monotonic() - self._started,
            evaluations=tuple(self._log.lines),
            events=self._events.lengths(self._step),
            windows=tuple(self._windows.closed),
            window_start=self._windows.start,
        )

    def on_train_begin(self, logs=None):
        if self._step == 0:
            self._begin()
        elif self._folder.was_extended_at(self._step):
            write_settings(self._events, self._all_settings, self._step)
        self._windows.start_clock(self._step)

    def on_train_batch_end(self, batch, logs=None):
        if self._step % self._settings.log_freq == 0:
            self._close_window(logs)

    def on_epoch_end(self, epoch, logs=None):
        # A stopped run ends an epoch too, before its last step.
        if self._step % self._settings.num_iter_per_epoch:
            return
        if self._step > self._windows.start:
            self._close_window(logs)
        self._report(epoch + 1)
        self._windows.start_clock(self._step)

    def _begin(self):
        scalar_tags = {*self.model.tags, *self._rates(1.0)}
        if self.model.average is not None:
            scalar_tags |= {tags.AVERAGED_ACCURACY, tags.AVERAGED_CROSS_ENTROPY}
        if self._panels.due(0) and self.model.generator is not None:
            scalar_tags.add(tags.GENERATOR_GRADIENT_NORM)
        # TensorBoard takes Unicode only.
        name = ascii(self._folder.path.resolve().name)[1:-1]
        write_overview(self._events, self._all_settings, name, scalar_tags)
        if self._panels.due(0):
            self._panels.write(0)

    def _report(self, epochs):
        """Evaluation and panels after whole epochs, where they are due."""
        settings = self._settings
        last = epochs == settings.num_epochs
        logits = None
        if epochs % settings.eval_freq == 0 or last:
            logits = self._record_evaluation(epochs)
        if self._panels.due(epochs):
            self._panels.write(self._step, logits)
        if last:
            write_end(self._events)

    def _close_window(self, logs):
        means = tags.by_tag(logs)
        seconds = self._windows.close(self._step, means)
        with self._events.train(self._step):
            _write_scalars(means | self._rates(seconds))
        self.model.reset_metrics()
        self._windows.start_clock(self._step)

    def _rates(self, seconds_per_step):
        model, optimizer = self.model, self.model.classifier_optimizer
        rates = {
            tags.STEPS_PER_SECOND: 1 / seconds_per_step,
            tags.LEARNING_RATE: _number(optimizer.learning_rate),
        }
        if hasattr(optimizer, "beta_1"):
            rates[tags.BETA_1] = _number(optimizer.beta_1)
        if model.generator_optimizer is not None:
            rate = model.generator_optimizer.learning_rate
            rates[tags.GENERATOR_LEARNING_RATE] = _number(rate)
        return rates

    def _record_evaluation(self, epoch):
        """Writes the evaluation; returns the logits it saw."""
        means, logits = self._evaluate()
        with self._events.test(self._step):
            _write_scalars(means)
        self._log.append(
            {
                "step": self._step,
                "epoch": epoch,
                "seconds": time.monotonic() - self._started,
                "seconds_per_step": statistics.median(
                    seconds for _, seconds, _ in self._windows.closed
                ),
                "train": self._windows.means(),
                "test": means,
            }
        )
        self._print_line(self._log.lines[-1])
        self._windows.closed.clear()
        return logits

    def _print_line(self, line):
        epochs = self._settings.num_epochs
        on = self._all_settings.data.evaluated_on
        averaged = line["test"].get(tags.AVERAGED_ACCURACY)
        shown = "" if averaged is None else f"  averaged {averaged:7.2%}"
        tqdm.tqdm.write(
            f"epoch {line['epoch']:>{len(str(epochs))}}/{epochs}"
            f"  loss {line['train'][tags.TOTAL]:.4f}"
            f"  accuracy {line['train'][tags.ACCURACY]:6.1%}"
            f"  {on} {line['test'][tags.ACCURACY]:7.2%}"
            f"{shown}"
            f"  {1000 * line['seconds_per_step']:.0f} ms/step"
        )


def _number(variable):
    """Value of a variable, also of one that every replica holds."""
    return float(tf.convert_to_tensor(variable))


def _write_scalars(means):
    for tag, value in means.items():
        tf.summary.scalar(tag, value)
