"""The authors' PyTorch training step, timed in a process of its own.

Their loops are the middle of functions that also read data and evaluate, so
`ReleasedProgram.step` makes the same calls to the program's own networks,
losses and mask layers in the same order, at sndnyang/xvat 27c585e:

- ce, inl0: l0_vat_semi_inductive.py, lines 202-247
- l0: l0_vat_semi_trans.py, lines 211-240
- vat: train_syn.py, lines 166-187 and 195 (trainer ce-vat, its `--k` of 1).
  The semi-supervised programs choose this loss by `--trainer=vat` but their
  loops refuse it.

In the program's favour: reading and converting batches, and distances that
are only logged, are left out. numpy and torch only: it may run under another
interpreter.
"""

import time

import numpy as np
import torch

from xvat_tf.benchmarking.peers import answers
from xvat_tf.benchmarking.peers.released_parts import (
    arguments_of,
    build_classifier,
    build_regular,
)

_CLASSES = 10
_SHAPES = {"mlp": (1, 28, 28), "conv13": (3, 32, 32)}


class ReleasedProgram:
    """The program's networks, losses and optimizers on random images.

    Args:
        request: `folder` of the checkout, `trainer` by its own name, `network`
            and `hidden_sizes`, both batch sizes, `table_rows` and
            `table_optimizer` (`""` for its default, or `"sgd"`).
    """

    def __init__(self, request: dict):
        torch.manual_seed(1)
        arguments = arguments_of(request)
        self.device = arguments.device.type
        self._images, self._labels, unlabeled = _batches(request, self.device)
        self._classifier = build_classifier(request, arguments)
        self._criterion = torch.nn.CrossEntropyLoss()
        self._optimizer = torch.optim.Adam(
            self._classifier.parameters(), lr=arguments.lr
        )
        self._regular = build_regular(
            request, arguments, self._classifier, unlabeled
        )

    def step(self) -> tuple[float, float]:
        """One training step: its seconds and its loss."""
        self._regular.draw()
        start = time.perf_counter()
        logits = self._classifier(self._images)
        total = self._criterion(logits, self._labels)
        total = total + self._regular.loss()
        self._regular.zero_grad()
        self._optimizer.zero_grad()
        total.backward()
        self._regular.ascend()
        self._optimizer.step()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start, total.item()

    def checksums(self) -> dict[str, float]:
        """Sums of magnitudes by part."""
        buffers = self._classifier.named_buffers()
        return {
            "classifier": _magnitude(self._classifier.parameters()),
            "statistics": _magnitude(
                value for name, value in buffers if "running" in name
            ),
            "masks": _magnitude(self._regular.ascending),
        }


def _magnitude(tensors):
    return sum(
        torch.linalg.vector_norm(tensor.detach(), 1, dtype=torch.float64).item()
        for tensor in tensors
    )


def _batches(request, device):
    """Images, labels, unlabeled images."""
    rng = np.random.default_rng(0)
    shape = _SHAPES[request["network"]]
    size, unlabeled = request["batch_size"], request["ul_batch_size"]
    arrays = (
        rng.random((size, *shape), np.float32),
        rng.integers(0, _CLASSES, size),
        rng.random((unlabeled, *shape), np.float32),
    )
    return [torch.from_numpy(array).to(device) for array in arrays]


if __name__ == "__main__":
    answers.serve(ReleasedProgram)
