"""Keras callbacks of a run: guard, stop, save, progress bar."""

import math
import signal
import sys
import time
from collections.abc import Callable

import keras

from xvat_tf.console.progress_bar import progress_bar
from xvat_tf.console.signals import Caught
from xvat_tf.errors import UserError
from xvat_tf.records import MetricsLog
from xvat_tf.records.forms import Progress
from xvat_tf.records.tags import ACCURACY, NAMES, PERTURBED, TOTAL, by_tag
from xvat_tf.settings import TrainSettings
from xvat_tf.training.checkpoints import Checkpoints
from xvat_tf.training.health import broken_weight
from xvat_tf.training.replicas.distribution import INTERRUPT, SAVE, TERMINATE

_SIGNALS = {INTERRUPT: signal.SIGINT, TERMINATE: signal.SIGTERM}


class DivergedError(UserError):
    """The loss or a weight became infinite or not a number."""


class DivergenceGuard(keras.callbacks.Callback):
    """Ends a run at its first step whose loss is not finite.

    After an epoch it looks at the weights too, before they are evaluated.
    """

    def __init__(self, checkpoints: Checkpoints):
        super().__init__()
        self._checkpoints = checkpoints

    def on_train_batch_end(self, batch, logs=None):
        means = by_tag(logs)
        if math.isfinite(means[TOTAL]):
            return
        terms = ", ".join(f"{tag} {v:.4g}" for tag, v in means.items())
        raise DivergedError(
            f"the loss is not finite at step {self.model.steps_done}"
            f" ({terms}): lower --learning_rate or --epsilon and use a new"
            f" --log_dir; last good checkpoint: {self._checkpoints.latest}."
        )

    def on_epoch_end(self, epoch, logs=None):
        require_finite_weights(self.model, self._checkpoints)


def require_finite_weights(trainer, checkpoints) -> None:
    """Raises a DivergedError if a weight is not finite."""
    broken = broken_weight(trainer)
    if broken is not None:
        raise DivergedError(
            f"the weights are not finite at step {trainer.steps_done}, first"
            f" those of {broken}: lower --learning_rate or --epsilon and use a"
            f" new --log_dir; last good checkpoint: {checkpoints.latest}."
        )


class StopOnSignal(keras.callbacks.Callback):
    """Lets Ctrl-C and SIGTERM end `fit` after the current step.

    All workers of a group stop after the same step. A second signal acts at
    once, as if this were not here. Use as a context manager around `fit`.
    """

    def __init__(self):
        super().__init__()
        self._sent, self._agreed = None, None
        self._caught = Caught(self._receive)

    def __enter__(self):
        self._caught.install()
        return self

    def __exit__(self, *exception):
        self._caught.restore()

    @property
    def received(self) -> int | None:
        """Number of the signal that ended the run, or None."""
        alone = self.model.votes.ballot is None
        return self._sent if alone else self._agreed

    def on_train_batch_end(self, batch, logs=None):
        for wish, number in _SIGNALS.items():
            if self.model.votes.vote(wish, self._sent == number):
                self._agreed = number
                self.model.stop_training = True

    def _receive(self, number, frame):
        # A closed terminal ends a run as SIGTERM does.
        known = number in _SIGNALS.values()
        self._sent = number if known else signal.SIGTERM
        self._caught.restore()
        print("\nstopping after this step ...", file=sys.stderr)


class PeriodicCheckpoint(keras.callbacks.Callback):
    """Saves when enough steps or minutes have passed, and what is best.

    Comes after the monitor, so that an epoch's evaluation is on disk before
    the checkpoint that makes a continued run skip it. `fit` ends the epoch of
    a stopped run too, so the stop is saved here as well. All workers of a
    group save after the same step; where nothing is written there is no log.
    """

    def __init__(
        self,
        checkpoints: Checkpoints,
        settings: TrainSettings,
        progress: Callable[[], Progress],
        log: MetricsLog | None,
    ):
        super().__init__()
        self._checkpoints, self._settings = checkpoints, settings
        self._progress, self._log = progress, log
        self._saved_at = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        # An epoch's last step is saved when that epoch has been evaluated.
        late = self.model.votes.vote(SAVE, self._is_late())
        if not self._ends_epoch() and (self._is_at_interval() or late):
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        stopped = self.model.stop_training
        last = epoch + 1 == self._settings.num_epochs
        due = stopped or last or self._is_at_interval()
        # Only the chief evaluates and looks at the clock.
        wanted = due or self._is_late() or self._is_best()
        if self.model.distribution.any(wanted):
            self._save()

    def _ends_epoch(self):
        return self.model.steps_done % self._settings.num_iter_per_epoch == 0

    def _is_at_interval(self):
        settings = self._settings
        steps = settings.checkpoint_steps or settings.num_iter_per_epoch
        return self.model.steps_done % steps == 0

    def _is_late(self):
        minutes = (time.monotonic() - self._saved_at) / 60
        writes = self._log is not None
        return writes and minutes >= self._settings.checkpoint_minutes

    def _is_best(self):
        log = self._log
        return log is not None and log.best_step == self.model.steps_done

    def _save(self):
        require_finite_weights(self.model, self._checkpoints)
        best = None if self._log is None else self._log.best_step
        self._checkpoints.save(self._progress(), best)
        self._saved_at = time.monotonic()


class ShownProgress(keras.callbacks.Callback):
    """A bar, or lines, with losses, accuracy and remaining time.

    The values are means since the monitor's point before.
    """

    def __init__(self, settings: TrainSettings, step: int):
        super().__init__()
        self._step, self._interval = step, settings.log_freq
        self._bar = progress_bar(settings.num_steps, "step", step)
        self._whole = False

    def on_train_batch_end(self, batch, logs=None):
        taken = self.model.steps_done - self._step
        self._step += taken
        ends = self._step % self._interval == 0
        # Until there are means of a whole interval, those of its first steps.
        shown = _shown(by_tag(logs)) if ends or not self._whole else None
        self._whole |= ends
        self._bar.advance(taken, shown)

    def close(self):
        """Leaves the bar on the screen and ends it."""
        self._bar.close()


def _shown(means):
    return "  ".join(
        f"{NAMES[tag]} {_number(tag, means[tag])}"
        for tag in (TOTAL, ACCURACY, PERTURBED)
        if tag in means
    )


def _number(tag, value):
    """A number in as many characters as any other of its tag."""
    if tag == ACCURACY:
        return f"{100 * value:5.1f}%"
    if value and not 1e-3 <= abs(value) < 1e4:
        return f"{value:5.0e}"
    return f"{value:.{4 - len(str(int(abs(value))))}f}"
