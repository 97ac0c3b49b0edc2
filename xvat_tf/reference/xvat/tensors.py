"""The program's tensors by reference name and in TensorFlow's layouts.

numpy and torch only, as `child`.
"""

import torch


def classifier_tensors(model):
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


def load_classifier(model, inputs):
    """Gives the classifier the weights and statistics of `inputs`."""
    for name, tensor in classifier_tensors(model).items():
        tensor.data.copy_(torch.from_numpy(inputs[name]).T)


def load_generator(network, inputs):
    """Gives the convolutions the weights `generator/0`, ... of `inputs`."""
    for i, variable in enumerate(network.parameters()):
        value = torch.from_numpy(inputs[f"generator/{i}"])
        value = value.permute(3, 2, 0, 1) if value.ndim == 4 else value
        variable.data.copy_(value)


def nchw(array):
    """An NHWC array as an NCHW tensor."""
    return torch.from_numpy(array.transpose(0, 3, 1, 2).copy())


def placed(tensor, axes=(0, 2, 3, 1)):
    """A tensor as an array; one of four axes in another order, NHWC."""
    array = tensor.detach().numpy()
    return array.transpose(axes) if array.ndim == 4 else array
