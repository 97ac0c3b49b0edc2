"""What every method says of itself. No TensorFlow."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from xvat_tf.errors import UserError
from xvat_tf.option import options


class Line(NamedTuple):
    """How a method is drawn, the same in every figure."""

    color: str
    linestyle: str
    marker: str


@dataclasses.dataclass(frozen=True)
class Pass:
    """One pass of a step through the classifier.

    It is of a number of images; `weights` and `inputs` say of what the gradient
    is taken.
    """

    images: int
    weights: bool = False
    inputs: bool = False

    @property
    def backward(self) -> bool:
        """Whether a gradient goes back through it."""
        return self.weights or self.inputs

    @property
    def forward_passes(self) -> int:
        """Cost in forward passes of one image, as the published model."""
        return self.images * (1 + self.weights + self.backward)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
    """How a method perturbs the input, and what that costs the classifier.

    A method is a subclass: its fields are its options (`xvat_tf.option`), and
    so flags of the commands; its class attributes say what it is.

    Attributes:
        name: Value of `--method`.
        label: Name in legends and tables.
        title: What it is, in words, for help and model card.
        objective: Where its equations are, `module:class`.
        line: How its curves are drawn.
        perturbs: Whether its loss has a term of its own, whose gradient goes
            through a second pass of the classifier.
        needs_labels: Whether that term reads labels (or there is none): then
            no unlabeled image is read.
        uses_mask: Whether it multiplies by masks, and has a generator.
        searches_r: Whether it adds an r that it searches for.
        weights: Which weights are evaluated: `"raw"`, or `"averaged"` of a
            method that needs the average.
        defaults: Settings beside its options that it has by default.
        views: Augmentations that it takes of an image in a step.
        variants: Options of the variants that the benchmark times, by suffix
            of the name.
        published: Endings of the names of its rows (`reproduction.cells`), by
            name in the paper's tables.
        released: Options that mean the same, by value of `--trainer` in the
            released code.

    Raises:
        UserError: On construction: a value is impossible.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    title: ClassVar[str]
    objective: ClassVar[str]
    line: ClassVar[Line]
    perturbs: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = False
    uses_mask: ClassVar[bool] = False
    searches_r: ClassVar[bool] = False
    weights: ClassVar[str] = "raw"
    defaults: ClassVar[Mapping[str, Any]] = {}
    views: ClassVar[int] = 1
    variants: ClassVar[Mapping[str, Mapping]] = {"": {}}
    published: ClassVar[Mapping[str, str]] = {}
    released: ClassVar[Mapping[str, Mapping]] = {}

    def __post_init__(self):
        try:
            self.check()
        except UserError as error:  # Called, not typed as flags.
            raise UserError(str(error).replace("--", "")) from None

    def check(self) -> None:
        """Checks the options, and what they are together; names `--flags`."""
        for name, option in options(self).items():
            option.check(name, getattr(self, name))

    @property
    def method(self) -> str:
        """Its name, as the flag is called."""
        return self.name

    @property
    def has_table(self) -> bool:
        """Whether it keeps a row for each training image, in a table."""
        return False

    @property
    def regularises_labeled(self) -> bool:
        """Whether its term covers the labeled batch too, next to another."""
        return False

    @property
    def probing_length(self) -> float | None:
        """Length at which a gradient is taken beside x; None if at x."""
        return None

    def acting(self) -> dict[str, Any]:
        """The options that have an effect under the values of the others."""
        return {
            name: getattr(self, name)
            for name, option in options(self).items()
            if option.only is None
            or getattr(self, option.only[0]) == option.only[1]
        }

    def passes(self, labeled: int, unlabeled: int | None) -> list[Pass]:
        """The passes that one step cannot do without, the labeled one first.

        Of so many images in a batch; `unlabeled` is None where none are read.
        """
        first = Pass(labeled, weights=True)
        if unlabeled is None:
            return [first, *self.own_passes(labeled)]
        count = unlabeled + self.regularises_labeled * labeled
        return [first, self.clean_pass(count), *self.own_passes(count)]

    def clean_pass(self, images: int) -> Pass:
        """The pass of images without labels as they are: a target."""
        return Pass(images)

    def own_passes(self, images: int) -> list[Pass]:
        """The passes of its own term, by default one of perturbed images."""
        return [Pass(images, weights=True)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mle(Method):
    """Maximum likelihood: cross entropy of the labels, no perturbation."""

    name = "mle"
    label = "MLE"
    title = "Supervised training without perturbations (MLE)"
    objective = "xvat_tf.training.objectives:MaximumLikelihood"
    line = Line("#000000", ":", "o")
    published = {"MLE": "", "Supervised": ""}
    released = {"ce": {}}
    perturbs = False
    needs_labels = True

    def own_passes(self, images):
        return []
