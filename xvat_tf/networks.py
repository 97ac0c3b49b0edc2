"""What is known of each classifier before it is built. No TensorFlow.

A new one is a `register(Network(...))`; one of the user needs none:
`--network=module:function`.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.option import require_choice

# Of convolutional networks, whatever a data set has for its perceptron.
_CONVOLUTIONAL = {
    "lrelu_a": 0.1,
    "bn_affine": True,
    "bn_epsilon": 1e-6,
    "bn_stats_decay_factor": 0.99,
}


@dataclasses.dataclass(frozen=True)
class Network:
    """A classifier before it is built.

    Attributes:
        name: Value of `--network`.
        builder: Where it is built, `module:function`, of `NetworkSettings`,
            the shape of an input, the number of classes and the seed, to a
            Keras model, inputs -> logits.
        text: What `--help` says.
        smallest_side: Least height and width of its images.
        normalizes: Whether it has batch norms of `NetworkSettings`.
        defaults: Settings of runs with it, before those of the data set.
        timed: Settings of the cases that the benchmark times, by name.
        released: Settings that mean the same, by value of `--arch` in the
            released code.
    """

    name: str
    builder: str
    text: str = ""
    smallest_side: int = 0
    normalizes: bool = False
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    timed: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict
    )
    released: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict
    )


NETWORKS: dict[str, Network] = {}


def register(network: Network) -> None:
    """Makes a network known by its name, to every command."""
    NETWORKS[network.name] = network


def find_network(name: str) -> Network:
    """Finds a network by its name; `module:function` needs no entry."""
    if ":" in name:
        return Network(name, name)
    require_choice("network", name, (*NETWORKS, "module:function"))
    return NETWORKS[name]


def _register(name: str, text: str, **more) -> None:
    """Registers a network that this project builds."""
    builder = f"xvat_tf.models.architectures:build_{name}"
    register(Network(name, builder, text, **more))


_register(
    "moons_mlp",
    "100-100-2 units for the moons",
    timed={"moons": {"dataset": "moons"}},
)
_register(
    "mlp",
    "a multilayer perceptron",
    normalizes=True,
    timed={
        "mlp-1200-1200": {"dataset": "mnist"},
        "mlp-1200-600-300-150": {
            "dataset": "mnist",
            "hidden_sizes": (1200, 600, 300, 150),
        },
    },
    released={
        "MLPSemi": {"hidden_sizes": (1200, 1200)},
        "MLPSup": {"hidden_sizes": (1200, 600, 300, 150)},
    },
)
_register(
    "conv13",
    "Table 6; conv-large of VAT",
    smallest_side=12,
    normalizes=True,
    timed={
        "conv13-quarter": {"dataset": "svhn", "width": 0.25},
        "conv13": {"dataset": "svhn"},
    },
    released={"CNN9": {}},
)
_register(
    "convsmall",
    "conv-small of VAT, for SVHN at --width=0.667",
    smallest_side=12,
    normalizes=True,
    defaults={**_CONVOLUTIONAL, "keep_prob_hidden": 0.5},
    timed={"convsmall": {"dataset": "svhn", "network": "convsmall"}},
)
_register(
    "wrn28_2",
    "Wide ResNet 28-2, 1.5 million parameters",
    smallest_side=8,
    normalizes=True,
    defaults={**_CONVOLUTIONAL, "keep_prob_hidden": 1.0},
    timed={"wrn28_2": {"dataset": "svhn", "network": "wrn28_2"}},
)
_register(
    "cnn",
    "three convolutions, trains on a CPU in minutes",
    smallest_side=8,
    normalizes=True,
    defaults={**_CONVOLUTIONAL, "keep_prob_hidden": 1.0},
    timed={"cnn": {"dataset": "mnist", "network": "cnn"}},
)
