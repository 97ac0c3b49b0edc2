"""Points of a plane: moons and circles of the released code."""

from xvat_tf.datasets.dataset import Dataset, register

_DEFAULTS = {
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

for _name, _classes in (("moons", "half circles"), ("circles", "circles")):
    register(
        Dataset(
            _name,
            "xvat_tf.data.sources:load_plane",
            defaults=_DEFAULTS,
            shape=(100,),
            num_classes=2,
            num_unlabeled=1_000,
            holds_out_labeled=True,
            class_text=f"The two {_classes}.",
        )
    )
