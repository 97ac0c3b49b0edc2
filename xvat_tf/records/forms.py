"""The forms of the JSON in a run folder, checked whenever it is read."""

import dataclasses
import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired

from annotated_types import Ge, Gt, Le, Lt
from typing_extensions import TypedDict

from xvat_tf.files import as_json, parse_json
from xvat_tf.records.tags import ACCURACY, AVERAGED_ACCURACY, CROSS_ENTROPY

Count = Annotated[int, Ge(0), Lt(2**63)]
Share = Annotated[float, Ge(0), Le(1)]
# Some hundred years: sums and products of times stay finite.
Seconds = Annotated[float, Ge(0), Le(1e10)]
Number = Annotated[float, Gt(-math.inf), Lt(math.inf)]
_MORE = {"extra": "allow"}


class Extension(TypedDict):
    """The epochs that a run was to have, until a step."""

    num_epochs: Annotated[Count, Gt(0)]
    step: Count


class SettingsRecord(TypedDict):
    """settings.json."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    settings: dict[str, Any]
    split_sha256: str
    data_sha256: NotRequired[str]  # Older runs have none.
    class_names: NotRequired[list[str]]  # Where they are known.
    versions: dict[str, str]
    extended: NotRequired[list[Extension]]  # Oldest first.


if TYPE_CHECKING:  # To a type checker the tags are no literals.
    TestMeans = dict[str, Any]
else:
    # None was not a finite number.
    TestMeans = TypedDict(
        "TestMeans",
        {
            ACCURACY: Share,
            CROSS_ENTROPY: Number | None,
            AVERAGED_ACCURACY: NotRequired[Share],
        },
    )
    TestMeans.__pydantic_config__ = _MORE


class Evaluation(TypedDict):
    """A line of metrics.jsonl."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    step: Annotated[Count, Gt(0)]
    epoch: Count
    seconds: Seconds
    seconds_per_step: Seconds
    train: dict[str, Number | None]
    test: TestMeans


class Accuracies(TypedDict):
    """With averaged weights, as those above without."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    final_accuracy: Share | None
    best_accuracy: Share | None
    median_of_last_20_accuracy: Share | None


class Results(TypedDict):
    """results.json; in this order, of which its checksum is."""

    __pydantic_config__ = _MORE  # type: ignore[misc]
    status: Literal["finished", "interrupted", "diverged", "failed"]
    evaluated_on: Literal["test", "validation"]
    final_accuracy: Share | None
    best_accuracy: Share | None
    median_of_last_20_accuracy: Share | None
    averaged: NotRequired[Accuracies]
    final_nll: Number | None
    steps: Count
    median_seconds_per_step: Seconds | None
    wall_seconds: Seconds


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
        evaluations: All so far, as in metrics.jsonl.
    """

    step: Count = 0
    seconds: Seconds = 0.0
    windows: tuple[tuple[Count, Seconds, dict[str, Number | None]], ...] = ()
    window_start: Count = 0
    events: dict[str, Count] = dataclasses.field(default_factory=dict)
    evaluations: tuple[Evaluation, ...] = ()

    def to_json(self) -> str:
        """Renders it for `from_json`."""
        return as_json(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Progress":
        """Parses what `to_json` made, or raises a UserError."""
        return parse_json(text, cls, "its progress", "restore the file")
