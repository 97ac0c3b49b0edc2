"""A trainer's files: the classifier for use, all state to go on."""

import contextlib
import pathlib
import warnings

import h5py
import numpy as np

from xvat_tf.errors import UserError
from xvat_tf.training.joint_step import STATE, JointStep
from xvat_tf.training.weights import put_arrays, take_arrays

# No attribute of a model has this name: Keras' groups are named by attributes.
_GROUP = "xvat_tf.trainer"
_SUFFIX = ".weights.h5"


class SavedStep(JointStep):
    """A joint step that is saved and loaded as Keras users do.

    `save` and `export` write the classifier. A file of `save_weights` has the
    classifier's weights, which its own `load_weights` reads too, and beside
    them what training goes on from: optimizers with the step, generator or
    mask table, averaged weights, random states.
    """

    # Loaded state whose variables are still to be made.
    _pending: tuple[str, dict[str, np.ndarray]] | None = None
    # The step of state that was loaded since the last `fit`.
    _resumed = 0

    def save(self, filepath, overwrite=True, **options):
        """Saves the classifier; see `keras.Model.save`."""
        self.classifier.save(filepath, overwrite=overwrite, **options)

    def export(self, filepath, *positional, **options):
        """Exports the classifier; see `keras.Model.export`."""
        return self.classifier.export(filepath, *positional, **options)

    def averaged_weights(self) -> contextlib.AbstractContextManager[None]:
        """A context in which the classifier has its averaged weights."""
        if self.average is None:
            raise UserError(
                "there are no averaged weights: give Trainer an ema_decay,"
                " such as 0.999, and call fit first."
            )
        return self.average.swapped()

    def get_config(self):
        """Refuses: a trainer is not made from a config, pickled or copied."""
        raise UserError(
            "a Trainer cannot be pickled, copied or cloned: save() writes its"
            " classifier, and save_weights() all that training needs to"
            " continue."
        )

    def save_weights(self, filepath, overwrite=True, max_shard_size=None):
        """Saves the classifier's weights and the state of training.

        The name ends in `.weights.h5`. It is the old file or the new one,
        whenever the process ends. `max_shard_size` is not offered.
        """
        path = pathlib.Path(filepath)
        if not path.name.endswith(_SUFFIX) or max_shard_size is not None:
            raise UserError(
                f"{path} must end in {_SUFFIX}, without max_shard_size: the"
                " state of training is in one file."
            )
        if path.exists() and not overwrite:
            raise UserError(f"{path} exists: give overwrite=True.")
        new = path.with_name(f"new-{path.name}")
        try:
            self.classifier.save_weights(new)
            self._write_state(new)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)

    def load_weights(self, filepath, **options):
        """Loads what `save_weights` wrote, or a classifier's weights alone.

        What has no variables yet, such as a generator before the first `fit`,
        is loaded once it has. An optimizer or generator of another kind keeps
        its own state, with a warning. Options are those of
        `keras.Model.load_weights`.
        """
        self.classifier.load_weights(filepath, **options)
        self._pending = None
        if str(filepath).endswith(_SUFFIX):
            self._pending = str(filepath), _read_state(filepath)
            self._load_pending()

    @property
    def _is_whole(self):
        compiled = self.optimizer is not None and self.optimizer.built
        return compiled and not (self._lacks_generator or self._lacks_memory)

    @property
    def _lacks_memory(self):
        method = self.objective.settings
        keeps = method.has_table and not method.uses_mask
        return keeps and self.memory is None

    @property
    def _lacks_generator(self):
        masked = self.objective.settings.uses_mask
        return masked and not (self.generator and self.generator.built)

    def _state(self):
        """Variables by part, but for the classifier's weights."""
        weights = {id(variable) for variable in self.classifier.weights}
        random = [v for v in self.classifier.variables if id(v) not in weights]
        return {"random": random} | self.state(*STATE[1:])

    def _write_state(self, path):
        if not self._is_whole:
            return
        with h5py.File(path, "a") as file:
            for name, array in take_arrays(self._state()).items():
                # HDF5 has no bfloat16; float32 holds each of its numbers.
                if array.dtype.name == "bfloat16":
                    array = array.astype(np.float32)
                file[f"{_GROUP}/{name}"] = array

    def _load_pending(self):
        if self._pending is None or not self._is_whole:
            return
        path, arrays = self._pending
        self._pending = None
        if not arrays:
            return
        for part, variables in self._state().items():
            try:
                put_arrays(variables, part, arrays, path)
            except UserError:
                warnings.warn(
                    f"{path}: its {part} has another form than this trainer's,"
                    " which is unchanged.",
                    stacklevel=3,
                )
        self._resumed = int(self.step.numpy())


def _read_state(path):
    with h5py.File(path) as file:
        parts = file.get(_GROUP, {})
        return {
            f"{part}/{number}": values[()]
            for part, group in parts.items()
            for number, values in group.items()
        }
