"""A stand-in for TensorFlow 1.1, as far as the official VAT uses it.

Everything not named here is `tf.compat.v1`. Runs in the child.
"""

import importlib
import inspect
import sys
import types

import tensorflow.compat.v1 as v1


class Flags:
    """`tf.app.flags`: definitions give defaults, the given values win."""

    def __init__(self, values: dict):
        self.FLAGS = types.SimpleNamespace(**values)

    def define(self, name, default, help_text=""):
        self.FLAGS.__dict__.setdefault(name, default)

    DEFINE_string = DEFINE_integer = DEFINE_float = define
    DEFINE_bool = DEFINE_boolean = define


def build(
    values: dict, dtype, noise=None, kept: dict | None = None
) -> types.ModuleType:
    """Makes the stand-in, `tensorflow` while the program is imported.

    Values are flags by name. Every variable and constant that the program makes
    in single precision gets the dtype. `tf.random_normal` gives the noise;
    dropout keeps the units of bool tensors by `dropout/<layer>/<batch>`.
    Without them both are TensorFlow's own.
    """
    module = _like(v1, "tensorflow")
    module.app = types.SimpleNamespace(flags=Flags(values))
    module.contrib = types.SimpleNamespace(
        layers=types.SimpleNamespace(variance_scaling_initializer=_he_normal)
    )
    module.train = types.SimpleNamespace(
        AdamOptimizer=_adam(v1.train.AdamOptimizer, dtype)
    )
    module.nn = _like(v1.nn, "tensorflow.nn")
    if kept is not None:
        module.nn.dropout = _dropout(kept)
    module.float32 = dtype
    module.to_float = lambda x: v1.cast(x, dtype)
    if noise is not None:
        module.random_normal = lambda shape: v1.reshape(noise, shape)
    module.get_variable = lambda *args, **options: v1.get_variable(
        *args, **{**options, "dtype": dtype}
    )
    for name in ("reduce_max", "reduce_mean", "reduce_sum"):
        setattr(module, name, _with_list_axes(getattr(v1, name)))
    return module


def import_program(folder: str, standin: types.ModuleType) -> types.ModuleType:
    """Imports `train_semisup` of the checkout, which knows the other modules.

    Its data readers need prepared files; here batches are given. The stand-in
    is `tensorflow` meanwhile.
    """
    readers = types.ModuleType("cifar10")
    readers.inputs = readers.unlabeled_inputs = None
    sys.path.insert(0, folder)
    real = sys.modules["tensorflow"]
    sys.modules.update(tensorflow=standin, cifar10=readers)
    try:
        return importlib.import_module("train_semisup")
    finally:
        sys.modules["tensorflow"] = real


def _like(real, name):
    module = types.ModuleType(name)
    module.__getattr__ = lambda name: getattr(real, name)
    return module


def _he_normal(seed=None):
    return v1.variance_scaling_initializer(2.0, "fan_in", seed=seed)


def _adam(optimizer, dtype):
    """Adam with TensorFlow's own defaults, as constants of `dtype`.

    It would make them float32, where 1 - 0.999 is wrong in the fifth digit.
    """
    parameters = inspect.signature(optimizer.__init__).parameters
    defaults = {name: parameters[name].default for name in ("beta2", "epsilon")}

    def adam(**options):
        for name, default in defaults.items():
            options[name] = v1.constant(options.get(name, default), dtype)
        return optimizer(**options)

    return adam


def _dropout(kept):
    """Dropout with given noise. Layers are told apart by their seeds.

    In TensorFlow 1 operations of one seed draw the same in every run: passes
    that share a seed share their noise, and get the same noise here.
    """
    seeds = []

    def dropout(x, keep_prob, seed):
        if keep_prob == 1:
            return x
        if seed not in seeds:
            seeds.append(seed)
        name = f"dropout/{seeds.index(seed)}/{x.shape[0]}"
        if name not in kept:
            raise ValueError(f"its passes do not share dropout noise ({name})")
        return x / keep_prob * kept[name]

    return dropout


def _with_list_axes(reduce):
    """Python 2's `range` was a list."""

    def with_list_axes(x, axis=None, **options):
        axis = list(axis) if isinstance(axis, range) else axis
        return reduce(x, axis, **options)

    return with_list_axes
