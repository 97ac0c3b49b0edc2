"""The authors' PyTorch code, unmodified, answering in its own process.

numpy and torch only: it may run under another interpreter.
"""

import contextlib
import importlib
import importlib.machinery
import sys
import types

import numpy as np
import torch

from xvat_tf.parity.side_by_side import channel

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


def measure(request: dict) -> dict:
    """Masks, losses and gradients of one batch, to `outputs` (.npz).

    Args:
        request: `folder` of the checkout, `arguments` of the program by name,
            `transductive`, `kl_way`, `dtype`, `inputs` and `outputs`.

    Returns:
        Nothing.
    """
    inputs = dict(np.load(request["inputs"]))
    torch.set_default_dtype(getattr(torch, request["dtype"]))
    arguments = types.SimpleNamespace(
        **request["arguments"], device=torch.device("cpu")
    )
    program = _import_program(request["folder"])
    model = program["models.MLP"].MLPSemi(arguments)
    _load_classifier(model, inputs)
    model.train()
    images, unlabeled = (
        torch.from_numpy(inputs[name].transpose(0, 3, 1, 2).copy())
        for name in ("images", "unlabeled_images")
    )
    layer = program["Loss.L0Layer"].L0Layer(arguments)
    if request["transductive"]:
        source = _nchw(inputs["table"]).requires_grad_()
        ascending, log_alpha = [source], source
        loss = program["Loss.L0VATOne"].L0VATOne(arguments)
    else:
        location = program["Loss.LocationGenerator"]
        source = location.InductiveGenerator(arguments)
        _load_generator(source.conv, inputs)
        ascending, log_alpha = list(source.conv.parameters()), None
        loss = program["Loss.IndL0VATOne"].IndL0VATOne(arguments)
    labels = torch.from_numpy(inputs["labels"]).long()
    cross_entropy = torch.nn.CrossEntropyLoss()(model(images), labels)
    with _given_noise(_nchw(inputs["noise"])):
        regular, _ = loss(
            model,
            unlabeled,
            source if log_alpha is None else log_alpha,
            layer,
            kl_way=request["kl_way"],
        )
        log_alpha = source(unlabeled) if log_alpha is None else log_alpha
        masked, mask = layer.mask_filter(unlabeled, log_alpha)
    total = cross_entropy + regular
    total.backward()
    found = {
        "log_alpha": log_alpha,
        "mask": mask,
        "masked images": masked,
        "cross entropy": cross_entropy,
        "L0": layer.l0_loss(log_alpha),
        "smoothness": layer.smooth_loss(mask),
        "total loss": total,
    }
    found = {name: _nhwc(value.detach()) for name, value in found.items()}
    for name, variable in _classifier_tensors(model).items():
        if name.endswith(("_mean", "_var")):
            found[f"statistic/{name}"] = _transposed(variable)
        else:
            found[f"gradient/{name}"] = _transposed(variable.grad)
    for i, variable in enumerate(ascending):
        place = _nhwc if request["transductive"] else _kernel_last
        found[f"generator/{i}"] = place(variable.grad)
    np.savez(request["outputs"], **found)
    return {}


def _import_program(folder):
    """The program's modules by name.

    `models` stands without its `__init__`, which needs torchvision for other
    networks, and plotting is left out where it is not installed.
    """
    sys.path.insert(0, folder)
    models = types.ModuleType("models")
    models.__path__ = [f"{folder}/models"]
    sys.modules["models"] = models
    try:
        importlib.import_module("matplotlib.pyplot")
    except ImportError:
        sys.modules.update({n: types.ModuleType(n) for n in _PLOTTING})
    names = (
        "models.MLP",
        "Loss.L0Layer",
        "Loss.L0VATOne",
        "Loss.IndL0VATOne",
        "Loss.LocationGenerator",
    )
    return {name: importlib.import_module(name) for name in names}


@contextlib.contextmanager
def _given_noise(noise):
    drawn, torch.rand = torch.rand, lambda *_, **__: noise
    try:
        yield
    finally:
        torch.rand = drawn


def _classifier_tensors(model):
    """Weights and statistics by reference name (`fc1_W`, `b1_mean`)."""
    found = {}
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        layer, _, kind = name.partition(".")
        short = layer.replace("bn_fc", "b")
        names = {"running_mean": "mean", "running_var": "var", "bias": "b"}
        if kind == "weight":
            names["weight"] = "gamma" if short != layer else "W"
        if kind in names:
            found[f"{short}_{names[kind]}"] = tensor
    return found


def _load_classifier(model, inputs):
    for name, tensor in _classifier_tensors(model).items():
        tensor.data.copy_(torch.from_numpy(inputs[name]).T)


def _load_generator(network, inputs):
    for i, variable in enumerate(network.parameters()):
        value = torch.from_numpy(inputs[f"generator/{i}"])
        value = value.permute(3, 2, 0, 1) if value.ndim == 4 else value
        variable.data.copy_(value)


def _nchw(array):
    return torch.from_numpy(array.transpose(0, 3, 1, 2).copy())


def _nhwc(tensor):
    array = tensor.numpy()
    return array.transpose(0, 2, 3, 1) if array.ndim == 4 else array


def _transposed(tensor):
    return tensor.detach().numpy().T


def _kernel_last(gradient):
    """Kernels (out, in, h, w) to (h, w, in, out)."""
    array = gradient.numpy()
    return array.transpose(2, 3, 1, 0) if array.ndim == 4 else array


def main() -> None:
    """Answers `measure`."""
    channel.serve({"measure": measure})


if __name__ == "__main__":
    main()
