"""Settings of runs: what follows from the data, where they lie now."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from xvat_tf.command_line.options import DATA_PLACES
from xvat_tf.datasets import find_dataset
from xvat_tf.named import named
from xvat_tf.records import RunFolder, default_path
from xvat_tf.settings import Settings, resolve, to_values
from xvat_tf.settings.own_defaults import CHOSEN, describe, own_defaults


def completed(given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Adds to given settings what follows from size and number of own data.

    A run that was begun keeps what it has. Of a data set that is known,
    nothing is added.

    Returns:
        All values, and what was chosen, in words; empty for nothing.
    """
    settings = resolve(given)
    measure = find_dataset(settings.data.dataset).measure
    if not measure:
        return dict(given), ""
    folder = RunFolder(settings.train.log_dir or default_path(settings))
    if folder.settings_file.exists():
        begun = to_values(folder.read_settings())
        kept = {name: begun[name] for name in CHOSEN if name in begun}
        kept["hidden_sizes"] = tuple(kept["hidden_sizes"])
        return kept | dict(given), ""
    extent = _measured(settings.data, named(measure))
    chosen = own_defaults(given, extent)
    values = chosen | dict(given)
    said = describe(chosen, resolve(values), extent) if chosen else ""
    return values, said


def _measured(data, measure):
    """Size and number of a data set, and of images of a file beside it."""
    from xvat_tf.data.image_file import count_images  # NumPy: not for --help.

    streamed = count_images(data.stream_dir) if data.stream_dir else 0
    return dataclasses.replace(measure(data), streamed=streamed)


def settings_here(folder: RunFolder, given: Mapping[str, Any]) -> Settings:
    """Reads a run's settings for one device, in the places that are given.

    `given` may have a `device` and `DATA_PLACES`, None for the run's own; a
    place of data that the run does not have means nothing.
    """
    settings = folder.read_settings()
    moved = {
        name: given[name]
        for name in DATA_PLACES
        if given.get(name) is not None and getattr(settings.data, name)
    }
    device = given.get("device") or settings.train.device
    train = dataclasses.replace(
        settings.train, distribute="none", device=device
    )
    data = dataclasses.replace(settings.data, **moved)
    return dataclasses.replace(settings, data=data, train=train)
