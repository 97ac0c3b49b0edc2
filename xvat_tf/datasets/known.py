"""The data sets that the commands know by name."""

from xvat_tf.datasets.dataset import Dataset, register

_PREPARED = "xvat_tf.data.prepared_sets:load_prepared_set"
# The multilayer perceptrons follow the released code of the paper: ReLU,
# batch norm without scale and offset, moving statistics 0.9 old + 0.1 new.
_MLP = {
    "network": "mlp",
    "lrelu_a": 0.0,
    "bn_affine": False,
    "bn_epsilon": 1e-5,
    "bn_stats_decay_factor": 0.9,
    "keep_prob_hidden": 1.0,
    "lr_schedule": "exponential",
}
# Of the paper's appendix, as the other values for --supervised.
_SUPERVISED = {"batch_size": 100}
_PLANE = {
    "network": "moons_mlp",
    "num_labeled_examples": 16,
    "num_valid_examples": 8,
    "batch_size": 16,
    "ul_batch_size": 250,
    "num_epochs": 10,
    "num_iter_per_epoch": 100,
    "eval_freq": 1,
    "panel_freq": 10,
    "learning_rate": 0.01,
    "lr_schedule": "exponential",
    "lr_decay_steps": 100,
    "epsilon": 0.5,
}

register(
    Dataset(
        "arrays",
        "xvat_tf.data.arrays:load_arrays",
        defaults={"num_labeled_examples": 0, "eval_freq": 1},
        measure="xvat_tf.data.arrays:measure_arrays",
    ),
    Dataset(
        "folder",
        "xvat_tf.data.image_folder:load_folder",
        defaults={"num_labeled_examples": 0, "eval_freq": 1},
        resizes=True,
        measure="xvat_tf.data.image_folder:measure_folder",
    ),
    Dataset(
        "digits",
        "xvat_tf.data.sources:load_digits",
        defaults={
            **_MLP,
            "hidden_sizes": (256, 256),
            "num_labeled_examples": 50,
            "num_valid_examples": 200,
            "batch_size": 50,
            "ul_batch_size": 250,
            "num_epochs": 20,
            "num_iter_per_epoch": 100,
            "eval_freq": 2,
            "panel_freq": 10,
            "epsilon": 1.0,
        },
        shape=(8, 8, 1),
        num_classes=10,
        num_unlabeled=1_297,
        zero_background=True,
        before="The levels v of 0 to 16 of scikit-learn's digits are first"
        " made 8-bit: rint(v * 255 / 16).",
    ),
    Dataset(
        "mnist",
        _PREPARED,
        defaults={
            **_MLP,
            "num_labeled_examples": 100,
            "batch_size": 100,
            "ul_batch_size": 250,
            "num_epochs": 100,
            "num_iter_per_epoch": 500,
            "eval_freq": 1,
            "panel_freq": 2,
            "epsilon": 2.0,
        },
        supervised={"hidden_sizes": (1200, 600, 300, 150)},
        shape=(28, 28, 1),
        num_classes=10,
        num_unlabeled=60_000,
        zero_background=True,
    ),
    Dataset(
        "svhn",
        _PREPARED,
        defaults={"num_labeled_examples": 1000},
        supervised=_SUPERVISED,
        shape=(32, 32, 3),
        num_classes=10,
        num_unlabeled=73_257,
        labels_by_class=False,
    ),
    Dataset(
        "cifar10",
        _PREPARED,
        defaults={"zca": True},
        supervised=_SUPERVISED,
        shape=(32, 32, 3),
        num_classes=10,
        num_unlabeled=50_000,
        holds_out_labeled=True,
        whitens=True,
    ),
    Dataset(
        "cifar100",
        _PREPARED,
        defaults={"zca": True, "num_labeled_examples": 10000},
        supervised=_SUPERVISED,
        shape=(32, 32, 3),
        num_classes=100,
        num_unlabeled=50_000,
        holds_out_labeled=True,
        whitens=True,
    ),
)

for _name in ("moons", "circles"):
    register(
        Dataset(
            _name,
            "xvat_tf.data.sources:load_plane",
            defaults=_PLANE,
            shape=(100,),
            num_classes=2,
            num_unlabeled=1_000,
            holds_out_labeled=True,
        )
    )
