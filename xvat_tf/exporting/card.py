"""The model card of an export, Markdown."""

import dataclasses
import functools
import importlib.metadata

import keras

from xvat_tf.datasets import find_dataset
from xvat_tf.exporting import card_code
from xvat_tf.exporting.preprocessing import Preprocessing
from xvat_tf.files.tables import as_markdown, counted, unmarked
from xvat_tf.records.extension import history_text
from xvat_tf.training.building import Restored

_OPTIMIZERS = {"adam": "Adam", "sgd": "SGD with momentum"}
_PACKAGES = ("tensorflow", "keras", "numpy")


@dataclasses.dataclass(frozen=True, eq=False)
class Card:
    """What the card says, and of what.

    Args:
        restored: The run.
        checkpoint: `"latest"` or `"best"`.
        preprocessing: What is done to pixels first.
        measured: Numbers of `metrics.report`.
        models: The exported networks by name.
    """

    restored: Restored
    checkpoint: str
    preprocessing: Preprocessing
    measured: dict
    models: dict[str, keras.Model]

    def text(self) -> str:
        """The whole card."""
        parts = {
            "Files": self._files(),
            "Input": self._input(),
            "Output": self._output(),
            "Use": self._use(),
            "Measured": self._measured_on(),
            "Training": self._training(),
            "Intended use and limits": self._limits(),
            "Versions": self._versions(),
        }
        sections = [f"## {title}\n\n{text}" for title, text in parts.items()]
        return "\n\n".join([self._head(), *sections]) + "\n"

    @property
    def _settings(self):
        return self.restored.settings

    @functools.cached_property
    def _record(self):
        return self.restored.folder.read_settings_record()

    def _head(self):
        data = self._settings.data
        method = self._settings.method.title
        return (
            f"# {data.dataset}, {self._settings.method.name}\n\n"
            f"A classifier of {data.dataset}, network"
            f" {self._settings.network.network}. {method},"
            f" {self._labels()}, by xvat_tf."
        )

    def _labels(self):
        split = self.restored.data.split
        labels = counted(len(split.labeled), "label")
        if not self._settings.uses_unlabeled:
            return f"{labels}, no unlabeled images"
        if self._settings.data.streaming:
            return f"{labels} and unlabeled images read from shards"
        return (
            f"{labels} and {counted(len(split.unlabeled), 'unlabeled image')}"
        )

    def _files(self):
        rows = []
        for name in self.models:
            gives = "logits" if name == "classifier" else "log alpha"
            rows.append((f"`{name}.keras`", f"Keras model, images to {gives}"))
            rows.append((f"`{name}/`", "the same as a SavedModel"))
        if self.preprocessing.arrays:
            rows.append(("`preprocessing.npz`", "read by the code below"))
        rows.append(("`settings.json`", "all settings of the training"))
        return (
            as_markdown(("file", "what it is"), rows, left=2)
            + self._no_generator()
        )

    def _no_generator(self):
        if "generator" in self.models or not self._settings.method.uses_mask:
            return ""
        return (
            "\n\nThere is no mask generator: the masks of this run are a table"
            " with a row per training image, which says nothing of other"
            " images."
        )

    def _input(self):
        shape = self.models["classifier"].input_shape
        return (
            f"{self.restored.data.scaler.dtype}, shape"
            f" `({', '.join(['n', *map(str, shape[1:])])})`."
            f" {self.preprocessing.text} `prepare` below does it."
        )

    def _output(self):
        text = (
            f"Logits, `(n, {self.restored.data.num_classes})`; their softmax is"
            f" the prediction. {self._classes()}"
        )
        if "generator" not in self.models:
            return text
        shape = ", ".join(map(str, self.models["generator"].output_shape[1:]))
        return (
            f"{text}\n\nThe generator gives log alpha, `(n, {shape})`, the"
            " log-odds of keeping a pixel; `mask` below makes the mask of it."
        )

    def _classes(self):
        known = find_dataset(self._settings.data.dataset).class_text
        names = self.restored.data.class_names
        return known or (
            f"In order: {unmarked(', '.join(names))}." if names else ""
        )

    def _use(self):
        code = self.preprocessing.code
        masks = "generator" in self.models
        saved = card_code.saved_model(code, self._settings.method, masks)
        return (
            "Both run in this folder. The SavedModel needs TensorFlow"
            " alone:\n\n"
            f"```python\n{saved}```\n\n"
            "The Keras model needs xvat_tf, which has its layers:\n\n"
            f"```python\n{card_code.keras_model(code, masks)}```"
        )

    def _measured_on(self):
        found = self.measured
        data = self._settings.data
        averaged, picked = "", ""
        if self.restored.weights == "averaged":
            decay = self._settings.train.ema_decay
            averaged = f", with averaged weights (decay {decay:g})"
        if self.checkpoint == "best":
            picked = (
                " The checkpoint was chosen by its accuracy on these very"
                " images: too high."
            )
        rows = [
            ("accuracy", f"{found['accuracy']:.2%}"),
            ("negative log-likelihood, nats", f"{found['nll']:.4f}"),
            ("calibration error, 15 bins", f"{found['calibration_error']:.2%}"),
        ]
        return (
            f"On the {found['num_examples']:,} {data.evaluated_on} images of"
            f" {data.dataset}, at step {self.restored.step:,}{averaged}."
            f"{picked}\n\n" + as_markdown(("measure", "value"), rows)
        )

    def _training(self):
        settings, train = self._settings, self._settings.train
        acting = [(n, str(v)) for n, v in settings.method.acting().items()]
        text = (
            f"{self.restored.step:,} of {counted(train.num_steps, 'step')},"
            f" batches of {train.batch_size} labeled"
            + (
                f" and {train.ul_batch_size} unlabeled images"
                if settings.uses_unlabeled
                else " images"
            )
            + f"; {train.arithmetic}; {_OPTIMIZERS[train.optimizer]}, learning"
            f" rate {train.learning_rate:g}; seed"
            f" {train.seed}, seed of the split {settings.data.dataset_seed}"
            f" (SHA-256 {self._record['split_sha256'][:12]})."
            f" {history_text(self._record)}".rstrip()
        )
        if not acting:
            return text
        return f"{text}\n\n{as_markdown(('setting', 'value'), acting)}"

    def _limits(self):
        text = (
            f"For experiments on {self._settings.data.dataset} and images like"
            " it. Other images get a class too, and a confident one: there is"
            " no class for none of them. Small changes made on purpose fool"
            " it; `python -m xvat_tf.evaluate --robustness` of the run"
            " measures how small. Nothing beyond the numbers above was"
            " measured: do not use it where errors harm."
        )
        if "generator" in self.models:
            text += (
                " A mask hides what the training lost most by; that is no"
                " explanation of a prediction."
            )
        return text

    def _versions(self):
        trained = self._record["versions"]
        rows = [
            (name, trained.get(name, "–"), importlib.metadata.version(name))
            for name in _PACKAGES
        ]
        return as_markdown(
            ("package", "trained with", "exported with"), rows, left=3
        )
