"""A strategy with one device takes the very steps of none."""

import numpy as np
import pytest

from tests import run_folders
from xvat_tf import training
from xvat_tf.cluster import ALONE
from xvat_tf.records import RunFolder
from xvat_tf.settings import resolve

GIVEN = {
    "dataset": "digits",
    "hidden_sizes": (8,),
    "batch_size": 4,
    "ul_batch_size": 6,
    "num_epochs": 2,
    "num_iter_per_epoch": 3,
    "log_freq": 2,
    "panel_freq": 1,
}


@pytest.mark.parametrize("mask_model", ["inductive", "transductive"])
def test_mirrored_on_one_device(tmp_path, mask_model, leave_to_full):
    leave_to_full(mask_model == "inductive")
    found = []
    for distribute in ("none", "mirrored"):
        settings = resolve(
            GIVEN
            | {
                "method": "xvat",
                "mask_model": mask_model,
                "distribute": distribute,
            }
        )
        folder = RunFolder(tmp_path / distribute)
        folder.open(settings)
        group = training.join(settings, ALONE)
        data = training.prepare_data(settings)
        training.run(settings, folder, data, group)
        found.append(run_folders.arrays(folder.path))
    one, mirrored = found
    assert set(one) == set(mirrored)
    for name in set(one) - {"progress", "sha256"}:
        np.testing.assert_allclose(
            mirrored[name], one[name], rtol=1e-4, atol=1e-6, err_msg=name
        )
