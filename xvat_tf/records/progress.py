"""How far a run has come: what a checkpoint holds besides its arrays."""

import dataclasses
import json


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
    """

    step: int = 0
    seconds: float = 0.0
    windows: tuple[tuple[int, float, dict[str, float]], ...] = ()
    window_start: int = 0
    events: dict[str, int] = dataclasses.field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Progress":
        """What `to_json` made.

        Raises:
            ValueError: It is no JSON.
            TypeError, KeyError: It is of another version.
        """
        values = json.loads(text)
        windows = tuple(map(tuple, values["windows"]))
        return cls(**values | {"windows": windows})
