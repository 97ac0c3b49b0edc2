"""What a run writes while it trains: TensorBoard scalars and metrics.jsonl."""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf
import tqdm

from xvat_tf.errors import UserError
from xvat_tf.perturbations import InferencePasses
from xvat_tf.records import MetricsLog, RunFolder
from xvat_tf.settings import Settings
from xvat_tf.tags import (
    ACCURACY,
    BETA_1,
    CROSS_ENTROPY,
    GENERATOR_LEARNING_RATE,
    LEARNING_RATE,
    STEPS_PER_SECOND,
    TOTAL,
)
from xvat_tf.training import evaluation
from xvat_tf.training.noise import StepNoise
from xvat_tf.training.trainer import Trainer, weighted_total

# The method's own loss on the first test images; accuracy is of all of them.
_PERTURBED_TEST_IMAGES = 1000


class TestEvaluator:
    """Accuracy and loss terms on the evaluated images, in inference mode.

    Args:
        trainer: Gives classifier, objective.
        images: float, `(n, ...)`, the whole test (or validation) set.
        labels: int32, `(n,)`.
        settings: Settings of the run.
    """

    __test__ = False  # Not a test case, whatever pytest thinks of its name.

    def __init__(
        self,
        trainer: Trainer,
        images: np.ndarray,
        labels: np.ndarray,
        settings: Settings,
    ):
        self._images, self._labels = images, labels
        self._size = settings.train.eval_batch_size
        self._predict = evaluation.Predictor(trainer.classifier, self._size)
        # The table has no row for a test image.
        transductive = settings.method.mask_model == "transductive"
        self._has_terms = not (settings.method.uses_mask and transductive)
        noise = StepNoise(settings.train.seed, 0)

        def terms(images, labels):
            batch = {
                "images": images,
                "labels": labels,
                "indices": tf.zeros_like(labels),
            }
            passes = InferencePasses(trainer.classifier)
            values = trainer.objective(batch, passes, noise)
            total = weighted_total(values, trainer.objective.weights)
            means = {k: tf.reduce_mean(v) for k, v in values.items()}
            return means | {TOTAL: total}

        self._terms = tf.function(terms)

    def __call__(self) -> dict[str, float]:
        """Means by TensorBoard tag."""
        logits = self._predict(self._images)
        exact = {
            ACCURACY: evaluation.accuracy(logits, self._labels),
            CROSS_ENTROPY: evaluation.negative_log_likelihood(
                logits, self._labels
            ),
        }
        return self._mean_terms() | exact

    def _mean_terms(self):
        if not self._has_terms:
            return {}
        count = min(_PERTURBED_TEST_IMAGES, len(self._images))
        size = min(self._size, count)
        batches = [
            self._terms(
                self._images[start : start + size],
                self._labels[start : start + size],
            )
            for start in range(0, count - size + 1, size)
        ]
        return {
            tag: float(np.mean([batch[tag] for batch in batches]))
            for tag in batches[0]
        }


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
        evaluate: TestEvaluator,
        step: int,
    ):
        super().__init__()
        self._settings, self._log = settings.train, log
        self._evaluate, self._step = evaluate, step
        self._train = tf.summary.create_file_writer(str(folder.train_events))
        self._test = tf.summary.create_file_writer(str(folder.test_events))
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
            f"  test {100 * line['test'][ACCURACY]:6.2f} %"
            f"  {1000 * line['seconds_per_step']:.0f} ms/step"
        )

    def _write_scalars(self, writer, means):
        try:
            with writer.as_default(step=self._step):
                for tag, value in means.items():
                    tf.summary.scalar(tag, value)
            writer.flush()
        except (tf.errors.OpError, OSError) as error:
            raise UserError(
                f"TensorBoard events of step {self._step} cannot be written"
                f" ({error}): free some space and run the same command again;"
                " it continues from the last checkpoint."
            ) from None
