"""TensorBoard's event files of a run, and what is written to them."""

import contextlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.summary_v2 import histogram_pb

from xvat_tf.errors import UserError, reason, writing_remedy
from xvat_tf.records import RunFolder
from xvat_tf.records.event_files import cut_events, event_lengths
from xvat_tf.records.forms import Progress


class EventFiles:
    """The event files in `train/` and `test/` of a run folder.

    Use as `with events.train(step): tf.summary.scalar(...)`, `test` of what is
    of evaluated images. Compute first, write inside: what fails in the block
    is a failed write, a UserError. What a continued run left beyond its
    checkpoint is taken back first.
    """

    def __init__(self, folder: RunFolder, progress: Progress):
        self._folder = folder
        with self._explained(progress.step):
            cut_events(folder, progress.events)
            self._train, self._test = (
                tf.summary.create_file_writer(str(path))
                for path in (folder.train_events, folder.test_events)
            )

    def train(self, step: int) -> contextlib.AbstractContextManager:
        return self._open(self._train, step)

    def test(self, step: int) -> contextlib.AbstractContextManager:
        return self._open(self._test, step)

    def lengths(self, step: int) -> dict[str, int]:
        """Reads how far the files are, see `event_lengths`."""
        with self._explained(step):
            return event_lengths(self._folder)

    @contextlib.contextmanager
    def _open(self, writer, step):
        self._folder.require_ours()
        with self._explained(step):
            with writer.as_default(step=step):
                yield
            writer.flush()

    @contextlib.contextmanager
    def _explained(self, step):
        try:
            yield
        except (tf.errors.OpError, OSError) as error:
            raise UserError(
                f"TensorBoard events of step {step} in {self._folder.path}"
                f" cannot be written ({reason(error)}):"
                f" {writing_remedy(error)} and run the same command again; it"
                " continues from the last checkpoint."
            ) from None


class Picture(NamedTuple):
    """One image record: pixels, uint8, `(height, width, 3)`.

    The description is the Markdown behind the card's info sign. `write` goes
    to the event file of the surrounding block.
    """

    tag: str
    pixels: np.ndarray
    description: str

    def write(self) -> None:
        pixels = self.pixels[np.newaxis]
        tf.summary.image(self.tag, pixels, description=self.description)


class Histogram(NamedTuple):
    """One histogram record of the finite values; `write` is as in `Picture`."""

    tag: str
    values: np.ndarray
    description: str

    def write(self) -> None:
        values = self.values[np.isfinite(self.values)]
        # That of `tf.summary` takes 350 MB for one layer of conv13.
        write_summary(
            histogram_pb(self.tag, values, description=self.description)
        )


def write_summary(summary: Summary) -> None:
    """Writes a record that TensorBoard has made, as `Picture.write`."""
    tf.summary.experimental.write_raw_pb(summary.SerializeToString())
