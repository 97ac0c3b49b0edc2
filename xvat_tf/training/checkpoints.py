"""Training state on disk: networks, both optimizers, random states, step."""

import tensorflow as tf

from xvat_tf.errors import UserError, reason
from xvat_tf.records import RunFolder
from xvat_tf.training.trainer import Trainer

_KEPT = 3
# What TensorFlow raises for files that are truncated, altered, of other
# shapes, or gone.
_DAMAGE = (
    tf.errors.OpError,
    ValueError,
    AssertionError,
    OSError,
    LookupError,
    RuntimeError,
)


class Checkpoints:
    """Saves and restores everything a training step reads.

    Variables are stored as plain lists per part, so that a checkpoint depends
    on their order alone. Data order and perturbation noise are functions of
    the step and need no state; dropout's random states are among the
    classifier's variables.

    Args:
        folder: The run folder.
        trainer: Its trainer, built.
    """

    def __init__(self, folder: RunFolder, trainer: Trainer):
        parts = {
            "classifier": trainer.classifier,
            "optimizer": trainer.optimizer,
            "generator": trainer.generator,
            "generator_optimizer": trainer.generator_optimizer,
        }
        self._trainer, self._folder = trainer, folder
        self._checkpoint = tf.train.Checkpoint(
            **{
                name: [variable.value for variable in part.variables]
                for name, part in parts.items()
                if part is not None
            }
        )
        self._manager = tf.train.CheckpointManager(
            self._checkpoint,
            str(folder.checkpoints),
            max_to_keep=_KEPT,
            checkpoint_name="step",
        )

    @property
    def latest(self) -> str | None:
        """Path prefix of the newest checkpoint, None before the first."""
        found = newest_checkpoint(self._folder)
        return found and found[0]

    def restore(self) -> int:
        """Loads the newest checkpoint, if there is one.

        Returns:
            Steps done; 0 without a checkpoint.

        Raises:
            UserError: The checkpoint is damaged or of another program.
        """
        if self.latest is None:
            return 0
        try:
            status = self._checkpoint.restore(self.latest)
            status.assert_existing_objects_matched()
        except _DAMAGE as error:
            raise damaged(self.latest, error) from None
        return int(self._trainer.optimizer.iterations.numpy())

    def save(self, step: int) -> str:
        """Saves the state after `step` steps; the last three are kept.

        Returns:
            Path prefix of the checkpoint.

        Raises:
            UserError: The disk is full or the folder cannot be written.
        """
        try:
            return self._manager.save(checkpoint_number=step)
        except (tf.errors.OpError, OSError) as error:
            kept = self.latest or "none yet"
            raise UserError(
                f"the checkpoint of step {step} cannot be written"
                f" ({reason(error)}): free some space and run the same"
                f" command again; it continues from the last checkpoint,"
                f" {kept}."
            ) from None


def restore_classifier(folder: RunFolder, classifier) -> int:
    """Loads only the classifier of a run's newest checkpoint.

    Args:
        folder: The run folder.
        classifier: Built classifier of the same settings; changed in place.

    Returns:
        Steps the checkpoint was trained for.

    Raises:
        UserError: There is no checkpoint, or it is damaged.
    """
    found = newest_checkpoint(folder)
    if found is None:
        raise UserError(
            f"{folder.path} has no checkpoint yet: train first, with"
            f" --log_dir={folder.path}."
        )
    latest, step = found
    values = [variable.value for variable in classifier.variables]
    try:
        status = tf.train.Checkpoint(classifier=values).restore(latest)
        status.expect_partial().assert_existing_objects_matched()
    except _DAMAGE as error:
        raise damaged(latest, error) from None
    return step


def newest_checkpoint(folder: RunFolder) -> tuple[str, int] | None:
    """Path prefix and step of the newest checkpoint whose files are there.

    TensorFlow's own list still names the ones that a user deleted.
    """
    found = [
        str(path.with_suffix(""))
        for path in folder.checkpoints.glob("step-*.index")
    ]
    steps = [(int(prefix.rsplit("-", 1)[1]), prefix) for prefix in found]
    return max(steps)[::-1] if steps else None


def damaged(path: str, error: Exception) -> UserError:
    """The error to raise for a checkpoint that cannot be read."""
    return UserError(
        f"checkpoint {path} cannot be read ({reason(error)}): delete its"
        " files to continue from the one before, or restore them."
    )
