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
    "xvatent": "xVAT with entropy minimisation",
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
    "generator_optimizer",
)
_PROBING = ("xi", "num_power_iterations")
_VAT = ("eta", "regularised", "epsilon", "direction", *_PROBING)
_VIRTUAL_MASKS = ("divergence", "regularised", *_MASKS)
_ACTING = {
    "mle": (),
    "at": ("eta", "label_loss", "epsilon", "norm"),
    "vat": _VAT,
    "vatent": _VAT,
    "xat": ("label_loss", "xat_target", "divergence", *_MASKS),
    "xvat": _VIRTUAL_MASKS,
    "xvatent": _VIRTUAL_MASKS,
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
    return [name for name in _ACTING[method.method] if _acts(name, method)]


def _acts(name, method):
    if name in _PROBING:
        return method.probes
    ignored = method.method == "xat" and method.xat_target == "label"
    return name != "divergence" or not ignored
