"""Imports the official VAT, unmodified. Runs in the child."""

import importlib
import sys
import types

from xvat_tf.reference.vat_tf import old_tensorflow


def import_program(folder: str, standin: types.ModuleType) -> types.ModuleType:
    """`train_semisup` of the checkout, which knows the other modules.

    Its data readers need prepared files; here batches are given.

    Args:
        folder: The checkout.
        standin: Stands as `tensorflow` (`old_tensorflow.build`).
    """
    readers = types.ModuleType("cifar10")
    readers.inputs = readers.unlabeled_inputs = None
    sys.path.insert(0, folder)
    with old_tensorflow.installed({"tensorflow": standin, "cifar10": readers}):
        return importlib.import_module("train_semisup")
