"""Methods, their settings that act, and classes, in words for a card."""

from xvat_tf.settings import MethodSettings

METHODS = {
    "mle": "Supervised training without perturbations (MLE)",
    "at": "Adversarial training (AT)",
    "vat": "Virtual adversarial training (VAT)",
    "vatent": "Virtual adversarial training with entropy minimisation",
    "xat": "Adversarial training with multiplicative perturbations (xAT)",
    "xvat": "Virtual adversarial training with multiplicative perturbations"
    " (xVAT)",
}
_MASKS = (
    "eta",
    "mask_model",
    "mask_gain",
    "mask_channels",
    "beta",
    "gamma",
    "zeta",
    "lambda_l0",
    "l0_reduction",
    "lambda_smooth",
    "log_alpha_bound",
    "generator_learning_rate",
)
_PROBING = ("xi", "num_power_iterations")
_VAT = ("eta", "epsilon", "direction", *_PROBING)
_ACTING = {
    "mle": (),
    "at": ("eta", "epsilon", "norm"),
    "vat": _VAT,
    "vatent": _VAT,
    "xat": _MASKS,
    "xvat": ("divergence", *_MASKS),
}
_DIGITS = "Class k is the digit k."
CLASSES = {
    "digits": _DIGITS,
    "mnist": _DIGITS,
    "svhn": _DIGITS,
    "cifar10": "In order: airplane, automobile, bird, cat, deer, dog, frog,"
    " horse, ship, truck.",
    "cifar100": "The fine labels in the order of tensorflow-datasets.",
    "moons": "The two half circles.",
    "circles": "The two circles.",
    "arrays": "The labels of `y_train`.",
}


def acting(method: MethodSettings) -> list[str]:
    """Names of the settings that have an effect under a method's others."""
    return [
        name
        for name in _ACTING[method.method]
        if method.probes or name not in _PROBING
    ]
