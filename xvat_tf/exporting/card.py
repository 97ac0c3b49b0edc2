"""The model card of an export, Markdown."""

import importlib.metadata

import keras
from jinja2 import Template

from xvat_tf.datasets import find_dataset
from xvat_tf.exporting.preprocessing import Preprocessing
from xvat_tf.files.tables import counted, unmarked
from xvat_tf.files.templates import read_template
from xvat_tf.records.extension import history_text
from xvat_tf.training.building import Restored


def read_card() -> Template:
    """The card without its values."""
    filters = {"counted": counted, "unmarked": unmarked}
    return read_template(__package__, "card.md.jinja", filters)


def values(
    restored: Restored,
    checkpoint: str,
    preprocessing: Preprocessing,
    measured: dict,
    models: dict[str, keras.Model],
) -> dict:
    """What the card says, and of what.

    Args:
        restored: The run.
        checkpoint: `"latest"` or `"best"`.
        preprocessing: What is done to pixels first.
        measured: Numbers of `metrics.report`.
        models: The exported networks by name.
    """
    settings = restored.settings
    record = restored.folder.read_settings_record()
    return {
        "restored": restored,
        "settings": settings,
        "data": settings.data,
        "train": settings.train,
        "method": settings.method,
        "split": restored.data.split,
        "class_text": find_dataset(settings.data.dataset).class_text,
        "checkpoint": checkpoint,
        "preprocessing": preprocessing,
        "measured": measured,
        "models": models,
        "generator": models.get("generator"),
        "record": record,
        "history": history_text(record),
        "version": importlib.metadata.version,
    }
