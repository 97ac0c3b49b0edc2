"""How far a run has come: what a checkpoint holds in addition to its arrays."""

import dataclasses

from xvat_tf.files import as_json, parse_json
from xvat_tf.records.forms import Count, Evaluation, Number, Seconds


@dataclasses.dataclass(frozen=True)
class Progress:
    """Place of a run on its step axis, and in the files that it appends to.

    Attributes:
        step: Steps done.
        seconds: Wall seconds they took.
        windows: Points of the training curves since the last evaluation:
            steps, seconds per step, means by tag.
        window_start: Step of the last such point; the means since then are
            arrays of the checkpoint.
        events: Bytes of each TensorBoard file, by its path in the run folder.
        event_digests: SHA-256 of these bytes.
        evaluations: All so far, as in metrics.jsonl; None in a checkpoint
            that was written without them.
    """

    step: Count = 0
    seconds: Seconds = 0.0
    windows: tuple[tuple[Count, Seconds, dict[str, Number | None]], ...] = ()
    window_start: Count = 0
    events: dict[str, Count] = dataclasses.field(default_factory=dict)
    event_digests: dict[str, str] = dataclasses.field(default_factory=dict)
    evaluations: tuple[Evaluation, ...] | None = None

    def to_json(self) -> str:
        """Renders it for `from_json`."""
        return as_json(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Progress":
        """Parses what `to_json` made, or raises a UserError."""
        return parse_json(text, cls, "its progress", "restore the file")
