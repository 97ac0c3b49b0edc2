"""Classes in words for a card."""

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
