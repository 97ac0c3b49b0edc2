"""Records that are written, read back."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import event_files
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.records.forms import Progress
from xvat_tf.training.monitoring import EventFiles
from xvat_tf.training.monitoring.events import Histogram, Picture


@pytest.fixture
def written(tmp_path):
    """Writes records to the event file of `train`, returns what is read."""

    def write(*records, step=3):
        events = EventFiles(RunFolder(tmp_path), Progress())
        with events.train(step):
            for record in records:
                record.write()
        return event_files.read(tmp_path / "train")

    return write


def test_pictures(written):
    pixels = np.random.RandomState(0).randint(0, 256, (4, 7, 3), np.uint8)
    found = written(Picture("panel/image", pixels, "text"))["images"]
    ((step, (width, height, png)),) = found["panel/image"]
    assert (step, width, height) == (3, b"7", b"4")
    np.testing.assert_array_equal(Image.open(io.BytesIO(png)), pixels)


def test_histograms(written):
    values = np.array([[0.0, 0.1], [3.0, np.nan]])
    found = written(
        Histogram("own", values, "text"),
        Histogram("none", np.array([np.inf]), "text"),
        Histogram("same", np.ones(5), "text"),
    )["histograms"]
    ((_, own),) = found["own"]
    np.testing.assert_allclose(own[:2], [[0, 0.1, 1], [0.1, 0.2, 1]])
    np.testing.assert_allclose(own[-1], [2.9, 3, 1])
    assert found["none"][0][1].sum() == 0
    assert found["same"][0][1][:, 2].sum() == 5


def test_a_failed_write_is_one_line(tmp_path):
    events = EventFiles(RunFolder(tmp_path), Progress())
    with (
        pytest.raises(UserError, match="step 9 in .* written .No space left"),
        events.test(9),
    ):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left")
