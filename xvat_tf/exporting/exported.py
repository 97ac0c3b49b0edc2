"""The export of a run: networks, preprocessing, settings, model card."""

import importlib.metadata
import pathlib

import keras
import numpy as np
from jinja2 import Template

from xvat_tf.exporting import folder, preprocessing
from xvat_tf.files import write_json, write_text
from xvat_tf.files.tables import counted, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.records.extension import history_text
from xvat_tf.settings import PLACES, to_values
from xvat_tf.training.building import Restored
from xvat_tf.training.evaluation.checkpoint import measure


def export(
    restored: Restored, path: pathlib.Path, checkpoint: str
) -> list[str]:
    """Writes everything that using the networks of a run takes.

    The path is a folder, new or empty (`require_free`); `checkpoint` is which
    one it is, for the card. Returns the names of files and folders, sorted. A
    UserError says that it cannot be written.
    """
    models = _networks(restored)
    arrays = preprocessing.arrays(restored.data)
    prepared = preprocessing.describe(restored.settings.data, restored.data)
    card = read_card().render(
        _said(restored),
        checkpoint=checkpoint,
        preprocessing=prepared,
        arrays=arrays,
        measured=measure(restored),
        models=models,
        generator=models.get("generator"),
    )
    with folder.written_whole(path) as temporary:
        for name, model in models.items():
            model.save(temporary / f"{name}.keras")
            model.export(temporary / name, verbose=False)  # A SavedModel.
        if arrays:
            np.savez(temporary / "preprocessing.npz", **arrays)
        write_json(temporary / "settings.json", _settings(restored.settings))
        write_text(temporary / "README.md", card)
    return sorted(one.name for one in path.iterdir())


def _networks(restored):
    """Networks of any image: to logits, and to log alpha by a generator."""
    found = {"classifier": restored.classifier}
    if restored.generator is not None:
        images = keras.Input(restored.data.image_shape, name="images")
        log_alpha = restored.generator(images)
        found["generator"] = keras.Model(images, log_alpha, name="generator")
    return found


def _settings(settings):
    """All settings but those that say where the run lay."""
    values = to_values(settings)
    kept = {name: v for name, v in values.items() if name not in PLACES}
    own = settings.data.own_files
    return kept | {name: pathlib.Path(own[name]).name for name in own}


def read_card() -> Template:
    """The card without its values."""
    filters = {"counted": counted, "unmarked": unmarked}
    return read_template(__package__, "card.md.jinja", filters)


def _said(restored: Restored) -> dict:
    """What the card says of the run."""
    settings = restored.settings
    record = restored.folder.read_settings_record()
    return {
        "restored": restored,
        "settings": settings,
        "data": settings.data,
        "train": settings.train,
        "method": settings.method,
        "split": restored.data.split,
        "record": record,
        "history": history_text(record),
        "version": importlib.metadata.version,
    }
