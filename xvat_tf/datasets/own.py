"""Images of the user, in one file."""

from xvat_tf.datasets.dataset import Dataset, register

register(
    Dataset(
        "arrays",
        "xvat_tf.data.arrays:load_arrays_of",
        defaults={"num_labeled_examples": 0, "eval_freq": 1},
        class_text="The labels of `y_train`.",
    )
)
