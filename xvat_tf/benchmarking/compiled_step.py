"""A method's train step, compiled, on random images."""

import time
import types

import numpy as np
import tensorflow as tf

from xvat_tf.benchmarking.cases import Case
from xvat_tf.records.tags import NAMES, TOTAL
from xvat_tf.training import build_trainer


class CompiledStep:
    """The step of a case that `fit` runs, without `fit`.

    `images` counts labeled and unlabeled ones; `first_call` has the seconds
    of tracing, compiling and the first step.
    """

    def __init__(self, case: Case):
        self.case = case
        self.trainer = build_trainer(case.settings, _shapes(case))
        self.first_call = None
        self._batch = random_batch(case)
        parts = ("images", "unlabeled_images")
        self.images = sum(len(self._batch.get(part, ())) for part in parts)
        self._function = tf.function(
            self.trainer.train_step,
            autograph=False,  # As Keras traces it.
            jit_compile=case.settings.train.xla,
        )

    @property
    def graph(self) -> tf.Graph:
        """The traced step, for counting its operations."""
        return self._function.get_concrete_function(self._batch).graph

    def warm_up(self) -> None:
        """Traces, compiles, and takes two steps."""
        self.first_call = self()
        self()

    def __call__(self) -> float:
        """Takes a step, waits for all of it, returns its seconds."""
        start = time.perf_counter()
        float(self._function(self._batch)[NAMES[TOTAL]])
        # A GPU has the loss before the gradients.
        tf.test.experimental.sync_devices()
        return time.perf_counter() - start


def random_batch(case: Case) -> dict[str, tf.Tensor]:
    """A batch as `data.training_stream` gives it, images in [-0.5, 0.5]."""
    rng = np.random.default_rng(0)
    train = case.settings.train

    def images(count):
        pixels = rng.uniform(-0.5, 0.5, (count, *case.image_shape))
        return tf.constant(pixels, tf.float32)

    labels = rng.integers(0, case.num_classes, train.batch_size)
    batch = {
        "images": images(train.batch_size),
        "labels": tf.constant(labels, tf.int32),
        "indices": tf.range(train.batch_size),
    }
    if case.settings.uses_unlabeled:
        rows = rng.choice(case.table_rows, train.ul_batch_size, replace=False)
        batch["unlabeled_images"] = images(train.ul_batch_size)
        batch["unlabeled_indices"] = tf.constant(rows, tf.int32)
    return batch


def _shapes(case):
    """All that building a trainer reads of the data; no memory."""
    blank = np.broadcast_to(np.float32(0), (case.table_rows, *case.image_shape))
    return types.SimpleNamespace(
        image_shape=case.image_shape,
        num_classes=case.num_classes,
        labeled_images=blank,
        unlabeled_images=blank,
    )
