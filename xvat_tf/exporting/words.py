"""Methods, their settings that act, and classes, in words for a card."""

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
    "generator_learning_rate",
)
_VAT = ("eta", "epsilon", "direction", "xi", "num_power_iterations")
ACTING = {
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
