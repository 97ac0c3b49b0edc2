"""What a run writes while it trains: TensorBoard scalars and metrics.jsonl."""

import contextlib
import statistics
import time

import keras
import numpy as np
import tensorflow as tf
import tqdm

from xvat_tf.errors import UserError, reason
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.settings import Settings
from xvat_tf.tags import (
    ACCURACY,
    BETA_1,
    GENERATOR_LEARNING_RATE,
    LEARNING_RATE,
    STEPS_PER_SECOND,
    TOTAL,
)
from xvat_tf.training.evaluator import Evaluator


class Monitor(keras.callbacks.Callback):
    """Writes scalars every `log_freq` steps and evaluates every `eval_freq`.

    The step axis is the optimizer's, so a continued run continues its curves.
    Each training point is the mean since the point before.

    Args:
        folder: The run folder.
        settings: Settings of the run.
        log: Its metrics log.
        evaluate: Returns test means by tag.
        step: Steps done before `fit`.
    """

    def __init__(
        self,
        folder: RunFolder,
        settings: Settings,
        log: MetricsLog,
        evaluate: Evaluator,
        step: int,
    ):
        super().__init__()
        self._settings, self._log = settings.train, log
        self._evaluate, self._step = evaluate, step
        self._path = folder.path
        self._evaluated_on = settings.data.evaluated_on
        with self._explained():
            self._train, self._test = (
                tf.summary.create_file_writer(str(path))
                for path in (folder.train_events, folder.test_events)
            )
        self._windows = []
        self._started = time.monotonic() - log.seconds
        self._open_window()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if self._step % self._settings.log_freq == 0:
            self._close_window(logs)

    def on_epoch_end(self, epoch, logs=None):
        if self._step > self._window_start:
            self._close_window(logs)
        settings = self._settings
        due = (epoch + 1) % settings.eval_freq == 0
        last = epoch + 1 == settings.num_epochs
        whole = self._step % settings.num_iter_per_epoch == 0
        if (due or last) and whole:
            self._record_evaluation(epoch + 1)
            self._open_window()

    def _open_window(self):
        self._window_start, self._window_time = self._step, time.monotonic()

    def _close_window(self, logs):
        count = self._step - self._window_start
        seconds = (time.monotonic() - self._window_time) / count
        means = {tag: float(value) for tag, value in logs.items()}
        self._windows.append((count, seconds, means))
        self._write_scalars(self._train, means | self._rates(seconds))
        self.model.reset_metrics()
        self._open_window()

    def _rates(self, seconds_per_step):
        model = self.model
        rates = {
            STEPS_PER_SECOND: 1 / seconds_per_step,
            LEARNING_RATE: float(model.optimizer.learning_rate),
            BETA_1: float(model.optimizer.beta_1),
        }
        if model.generator_optimizer is not None:
            rate = model.generator_optimizer.learning_rate
            rates[GENERATOR_LEARNING_RATE] = float(rate)
        return rates

    def _record_evaluation(self, epoch):
        means = self._evaluate()
        self._write_scalars(self._test, means)
        self._log.append(
            {
                "step": self._step,
                "epoch": epoch,
                "seconds": time.monotonic() - self._started,
                "seconds_per_step": statistics.median(
                    seconds for _, seconds, _ in self._windows
                ),
                "train": self._mean_of_windows(),
                "test": means,
            }
        )
        self._print_line(self._log.lines[-1])
        self._windows = []

    def _mean_of_windows(self):
        counts = [count for count, _, _ in self._windows]
        return {
            tag: float(
                np.average(
                    [means[tag] for _, _, means in self._windows],
                    weights=counts,
                )
            )
            for tag in self._windows[0][2]
        }

    def _print_line(self, line):
        tqdm.tqdm.write(
            f"epoch {line['epoch']:>4}/{self._settings.num_epochs}"
            f"  step {line['step']:>6}"
            f"  loss {line['train'][TOTAL]:.4f}"
            f"  accuracy {100 * line['train'][ACCURACY]:6.2f} %"
            f"  {self._evaluated_on} {100 * line['test'][ACCURACY]:6.2f} %"
            f"  {1000 * line['seconds_per_step']:.0f} ms/step"
        )

    def _write_scalars(self, writer, means):
        with self._explained():
            with writer.as_default(step=self._step):
                for tag, value in means.items():
                    tf.summary.scalar(tag, value)
            writer.flush()

    @contextlib.contextmanager
    def _explained(self):
        try:
            yield
        except (tf.errors.OpError, OSError) as error:
            raise UserError(
                f"TensorBoard events of step {self._step} in {self._path}"
                f" cannot be written ({reason(error)}): free some space and"
                " run the same command again; it continues from the last"
                " checkpoint."
            ) from None
