"""What is known of each data set before it is read. No NumPy.

A new one is a `register(Dataset(...))`, here or in a file of its own; one of
tensorflow-datasets needs none: `--dataset=tfds:NAME`.
"""

from xvat_tf.datasets import known  # It registers.
from xvat_tf.datasets.dataset import (
    DATASETS,
    TFDS,
    Dataset,
    find_dataset,
    register,
)
