"""The methods that multiply images by masks."""

import dataclasses

from xvat_tf.methods.method import Line, Pass
from xvat_tf.methods.terms import (
    EntropyMinimisation,
    Growth,
    LabelLoss,
    Smoothness,
)
from xvat_tf.option import option

_INDUCTIVE = ("mask_model", "inductive")
DIVERGENCES = ("kl_clean_perturbed", "kl_perturbed_clean", "cross_entropy")
DIVERGENCE_TEXT = (
    "kl_clean_perturbed is eq. 7; kl_perturbed_clean and cross_entropy are"
    " kl=1 and kl=0 of the released code."
)
# Of Adam over the generator's weights, and of plain SGD over a table's rows.
_LEARNING_RATES = {"inductive": 1e-6, "transductive": 1e-3}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Masks(Growth):
    """Where the masks come from, how they are drawn, what they cost."""

    uses_mask = True
    variants = {
        "-inductive": {},
        "-transductive": {"mask_model": "transductive"},
    }

    mask_model: str = option(
        "inductive",
        "inductive: masks from a convolution of the image; transductive:"
        " from a table with a row per training image.",
        tuple(_LEARNING_RATES),
    )
    mask_gain: float = option(
        1.0, "Factor on the masked image, epsilon of section 2.2.4.", above=0
    )
    mask_channels: str = option(
        "shared", "A mask for all colours or one each.", ("shared", "separate")
    )
    beta: float = option(
        0.66, "Temperature of the hard concrete distribution.", above=0
    )
    gamma: float = option(
        -0.1, "Lower end of the hard concrete before clipping.", below=0
    )
    zeta: float = option(
        1.1, "Upper end of the hard concrete before clipping.", above=1
    )
    lambda_l0: float = option(
        1.0, "Weight of the expected L0 norm.", at_least=0
    )
    l0_reduction: str = option(
        "mean",
        "Expected L0 norm over the pixels: mean, as in the released code, or"
        " sum, as in eq. 11.",
        ("mean", "sum"),
    )
    lambda_smooth: float = option(
        0.0,
        "Weight of the released code's smoothness term on the mask, which is"
        " not in the paper.",
        at_least=0,
    )
    generator_layers: int = option(
        1,
        "Convolutions in the inductive generator (dense layers for vectors).",
        above=0,
        only=_INDUCTIVE,
    )
    generator_filters: int = option(
        1,
        "Filters in every layer of the inductive generator except the last.",
        above=0,
        only=_INDUCTIVE,
    )
    generator_init_scale: float = option(
        1.0,
        "Factor on the inductive generator's initial weights; 1 as released.",
        above=0,
        only=_INDUCTIVE,
    )
    log_alpha_bound: float = option(
        0.0,
        "Keep log alpha between minus and plus this value, so that masks"
        " that learn fast erase no pixel for good; 0 for no bound, as"
        " released.",
        at_least=0,
    )
    log_alpha_mean: float = option(
        0.0, "Mean of log alpha at the start; above 0, masks keep more."
    )
    mask_step: float = option(
        0.0,
        "L2 norm of one step of each drawn mask towards the worst one for"
        " its image, at the cost of a power iteration; 0 for none, as"
        " published.",
        at_least=0,
    )
    mask_step_target: str = option(
        "class",
        "The step leads away from the predicted class, or from the whole"
        " prediction.",
        ("class", "prediction"),
        only=("steps_from_prediction", True),
    )
    generator_learning_rate: float = option(
        None,
        "Learning rate of the generator's ascent, by Adam (inductive) or"
        " plain SGD (transductive) unless generator_optimizer says otherwise.",
        kind=float,
        at_least=0,
        shown="; ".join(f"{r:g} for {m}" for m, r in _LEARNING_RATES.items()),
    )

    generator_optimizer: str = option(
        "paper",
        "paper: Adam (inductive) or plain SGD (transductive). sgd: plain"
        " SGD. adam: for a table, all rows move at every step, even those not"
        " drawn, as in the released code, at the cost of a pass over three"
        " tables.",
        ("paper", "adam", "sgd"),
    )

    def __post_init__(self):
        super().__post_init__()
        if self.generator_learning_rate is None:
            rate = _LEARNING_RATES[self.mask_model]
            object.__setattr__(self, "generator_learning_rate", rate)

    @property
    def grows(self):
        return super().grows and self.mask_step > 0

    @property
    def steps_from_prediction(self) -> bool:
        """Whether masks take a step that the clean prediction directs."""
        return self.mask_step > 0

    @property
    def has_table(self):
        return self.mask_model == "transductive"

    @property
    def ascent(self) -> str:
        """What moves the generator: `sgd` or `adam`."""
        if self.generator_optimizer != "paper":
            return self.generator_optimizer
        return "sgd" if self.has_table else "adam"

    def own_passes(self, images):
        step = [Pass(images, inputs=True)] * (self.mask_step > 0)
        return [*step, Pass(images, weights=True, inputs=True)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class XAt(Masks, LabelLoss):
    """Adversarial training by masks (paper eq. 8): labels only."""

    name = "xat"
    label = "xAT"
    title = "Adversarial training with multiplicative perturbations (xAT)"
    objective = "xvat_tf.training.objectives:AdversarialMasks"
    line = Line("#CC79A7", "-.", "v")
    published = {"xAT inductive": ""}
    released = {"l0at": {}}

    xat_target: str = option(
        "label",
        "label: cross entropy of the label, as in the paper; prediction:"
        " divergence from the clean prediction, as in the documented command"
        " of the released code.",
        ("label", "prediction"),
    )
    divergence: str = option(
        "kl_clean_perturbed",
        DIVERGENCE_TEXT,
        DIVERGENCES,
        only=("xat_target", "prediction"),
    )

    @property
    def steps_from_prediction(self):
        against_prediction = self.xat_target == "prediction"
        return super().steps_from_prediction and against_prediction


@dataclasses.dataclass(frozen=True, kw_only=True)
class XVat(Masks, Smoothness):
    """Virtual adversarial training by masks (paper eq. 7 to 13)."""

    name = "xvat"
    label = "xVAT"
    title = (
        "Virtual adversarial training with multiplicative perturbations (xVAT)"
    )
    objective = "xvat_tf.training.objectives:VirtualMasks"
    line = Line("#D55E00", "-", "^")
    published = {"xVAT inductive": "", "xVAT transductive": "_transductive"}
    released = {
        "inl0": {"mask_model": "inductive"},
        "l0": {"mask_model": "transductive"},
    }
    variants = {**Masks.variants, "-step": {"mask_step": 4.0}}

    # Better than eq. 7 on MNIST with 100 labels (docs/notes/recipe.md).
    divergence: str = option("kl_perturbed_clean", DIVERGENCE_TEXT, DIVERGENCES)


@dataclasses.dataclass(frozen=True, kw_only=True)
class XVatEnt(EntropyMinimisation, XVat):
    """xVAT and the entropy of the prediction (inl0ent, l0ent as released)."""

    name = "xvatent"
    label = "xVAT + entropy"
    title = "xVAT with entropy minimisation"
    objective = "xvat_tf.training.objectives:VirtualMasksWithEntropy"
    line = Line("#009E73", "--", "^")
    published = {}
    released = {f"{name}ent": mask for name, mask in XVat.released.items()}
