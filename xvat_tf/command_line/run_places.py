"""Where a run's data lie now, and on what to compute, if not as it did."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.command_line.options import DATA_PLACES, RUN_DEVICE
from xvat_tf.records import RunFolder
from xvat_tf.settings import Settings

RUN_PLACES = {**DATA_PLACES, "device": RUN_DEVICE}


def settings_here(folder: RunFolder, given: Mapping[str, Any]) -> Settings:
    """Reads a run's settings for one device, in the places that are given.

    Args:
        folder: The run's.
        given: Values of `RUN_PLACES`, among others; None for the run's own.
    """
    settings = folder.read_settings()
    moved = {n: given[n] for n in RUN_PLACES if given[n] is not None}
    device = {"device": moved.pop("device")} if "device" in moved else {}
    train = dataclasses.replace(settings.train, distribute="none", **device)
    data = dataclasses.replace(settings.data, **moved)
    return dataclasses.replace(settings, data=data, train=train)
