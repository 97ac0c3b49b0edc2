"""TensorBoard's event files of a run, and what is written to them.

`tf.summary.image` and `tf.summary.histogram` encode through TensorFlow; the
latter builds a (values, 30) matrix, 350 MB for one layer of conv13. The same
records are made here from PNG bytes and NumPy's histogram.
"""

import contextlib
import dataclasses
import io

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.image import metadata as image_metadata

from xvat_tf.errors import UserError, reason
from xvat_tf.records import RunFolder
from xvat_tf.records.event_files import cut_events, event_lengths
from xvat_tf.records.forms import Progress

_BINS = 30


class EventFiles:
    """The event files in `train/` and `test/` of a run folder.

    Use as `with events.train(step): tf.summary.scalar(...)`. Compute first,
    write inside: what fails in the block is reported as a failed write, a
    UserError. What a continued run left beyond its checkpoint is taken back
    first.
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
        """A block that writes what is of training images."""
        return self._open(self._train, step)

    def test(self, step: int) -> contextlib.AbstractContextManager:
        """A block that writes what is of evaluated images."""
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
                f" cannot be written ({reason(error)}): free some space and"
                " run the same command again; it continues from the last"
                " checkpoint."
            ) from None


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """One image record: pixels, uint8, `(height, width, 3)`.

    The description is the Markdown behind the card's info sign.
    """

    tag: str
    pixels: np.ndarray
    description: str

    def write(self) -> None:
        """Writes to the event file of the surrounding block."""
        height, width = self.pixels.shape[:2]
        png = io.BytesIO()
        Image.fromarray(self.pixels).save(png, format="png", compress_level=3)
        tf.summary.write(
            self.tag,
            tf.constant([str(width), str(height), png.getvalue()]),
            metadata=image_metadata.create_summary_metadata(
                display_name=None, description=self.description
            ),
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Histogram:
    """One histogram record of 30 bins.

    Values that are not finite are left out: of a diverging run the rest is
    what can be seen. `limits` are the ends of the first and the last bin, by
    default the smallest and the largest value.
    """

    tag: str
    values: np.ndarray
    description: str
    limits: tuple[float, float] | None = None

    def write(self) -> None:
        """Writes to the event file of the surrounding block."""
        tf.summary.write(
            self.tag,
            tf.constant(_bins(self.values, self.limits), tf.float64),
            metadata=histogram_metadata.create_summary_metadata(
                display_name=None, description=self.description
            ),
        )


def _bins(values, limits):
    """Rows of left end, right end, count, as the histogram plugin reads."""
    values = values[np.isfinite(values)]
    if values.size == 0:
        return np.zeros((_BINS, 3))
    values = values.astype(np.float64)
    counts, edges = np.histogram(values, _BINS, limits or _ends(values))
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _ends(values):
    """Ends of the bins, apart even where all values are alike."""
    low, high = values.min(), values.max()
    least = 1e-6 * max(abs(low), abs(high)) or 0.5
    return (low, high) if high - low > least else (low - least, high + least)
