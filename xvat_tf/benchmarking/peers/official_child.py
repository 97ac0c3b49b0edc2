"""The official VAT's own training step, timed in a process of its own.

The program builds its graph (`build_training_graph`) under its default flags
and draws its noise and dropout itself. Each step is the `sess.run` of its
training loop (train_semisup.py, lines 171-172, of takerum/vat_tf at c5125d2),
with learning rate and momentum fed as there; batches are constants of the graph
in place of its input queues.
"""

import time

import numpy as np

from xvat_tf.benchmarking.peers import answers
from xvat_tf.reference.vat_tf import old_tensorflow
from xvat_tf.reference.vat_tf.program import import_program

_SHAPE = (32, 32, 3)
_CLASSES = 10


class OfficialProgram:
    """The program's graph on random images, and a session.

    Args:
        request: `folder` of the checkout, `method` by its own name, both
            batch sizes.
    """

    def __init__(self, request: dict):
        import tensorflow.compat.v1 as v1

        v1.disable_v2_behavior()
        v1.set_random_seed(1)
        flags = {"method": request["method"]}
        standin = old_tensorflow.build(flags, v1.float32)
        program = import_program(request["folder"], standin)
        rate = v1.placeholder(v1.float32, [], "learning_rate")
        momentum = v1.placeholder(v1.float32, [], "momentum")
        with v1.variable_scope("CNN"):
            loss, train, count = program.build_training_graph(
                *_batches(v1, request), rate, momentum
            )
        self._fetched = [train, loss, count]
        self._feed = {
            rate: program.FLAGS.learning_rate,
            momentum: program.FLAGS.mom1,
        }
        self._sums = _sums(v1)
        gpus = v1.config.list_physical_devices("GPU")
        self.device = "cuda" if gpus else "cpu"
        self._session = v1.Session()
        # The optimizer's variables start at the momentum.
        self._session.run(v1.global_variables_initializer(), self._feed)

    def step(self) -> tuple[float, float]:
        """One training step: its seconds and its loss."""
        start = time.perf_counter()
        _, loss, _ = self._session.run(self._fetched, feed_dict=self._feed)
        return time.perf_counter() - start, float(loss)

    def checksums(self) -> dict[str, float]:
        """Sums of magnitudes by part."""
        found = self._session.run(self._sums)
        return {name: float(value) for name, value in found.items()}


def _batches(v1, request):
    """Images, one-hot labels, unlabeled images."""
    rng = np.random.default_rng(0)
    size, unlabeled = request["batch_size"], request["ul_batch_size"]
    labels = np.eye(_CLASSES)[rng.integers(0, _CLASSES, size)]
    arrays = (
        rng.random((size, *_SHAPE)) - 0.5,
        labels,
        rng.random((unlabeled, *_SHAPE)) - 0.5,
    )
    return [v1.constant(array, v1.float32) for array in arrays]


def _sums(v1):
    statistics = [
        variable
        for variable in v1.global_variables()
        if variable.op.name.endswith(("_mean", "_var"))
    ]
    parts = {"classifier": v1.trainable_variables(), "statistics": statistics}
    return {
        name: v1.add_n([v1.reduce_sum(v1.abs(value)) for value in values])
        for name, values in parts.items()
    }


if __name__ == "__main__":
    answers.serve(OfficialProgram)
