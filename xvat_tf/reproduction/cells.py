"""Every cell of the paper's tables that this project can train.

Table 1 is semi-supervised learning without augmentation, Table 2 the same
with it, Table 4 supervised MNIST, Table 5 supervised CIFAR; Table 3 has times
and no cells. Of the paper no more was at hand than the numbers given here: a
cell without a known one has None, the contents of tables 2 and 5 are assumed,
and so is the augmentation of table 5, which the authors' scripts switch on.
"""

import dataclasses

TRANSDUCTIVE = "xvat_transductive"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One number of a table, and the run that should give it.

    Attributes:
        table: Number of the table.
        dataset: As `--dataset`.
        method: mle, at_l2, at_linf, vat, vatent, xat, xvat or
            xvat_transductive.
        variant: Whose values the run has. recipe: this project's
            recommendation; paper, released: the paper's and those of the
            authors' code, where they disagree; official: a command of the
            official VAT code, which is this project's recipe too; short: the
            recipe in a fraction of the steps, for two CPU cores; conv13: on
            that network at an eighth of its width, not the table's MLP;
            bounded: masks that learn, within a bound on log alpha.
        flagfile: Path of the run's flags from the root of the repository.
        published: Test accuracy in the paper in percent, None if not known.
        official: Test accuracy in percent that the README of the official
            VAT code states, None if it states none.
        note: What a reader of the number should know; may be empty.
    """

    table: int
    dataset: str
    method: str
    variant: str
    flagfile: str
    published: float | None
    official: float | None
    note: str = ""


_PUBLISHED = {
    (1, "mnist", "vat"): 98.64,
    (1, "mnist", "xvat"): 98.02,
    (1, "mnist", TRANSDUCTIVE): 98.02,
    (4, "mnist", "mle"): 98.89,
    (4, "mnist", "at_l2"): 99.29,
    (4, "mnist", "at_linf"): 99.21,
    (4, "mnist", "vat"): 99.36,
    (4, "mnist", "xat"): 99.18,
    (4, "mnist", "xvat"): 99.08,
}

_RECIPE = ("recipe",)
_PAPER = ("recipe", "paper")
_ALL = ("recipe", "paper", "released")
_SHORT = ("short",)
_CONV13 = ("conv13",)
_BOUNDED = ("bounded",)
_OFFICIAL = ("official",)
_CIFAR100 = {
    "mle": _RECIPE,
    "at_l2": _RECIPE,
    "at_linf": _RECIPE,
    "vat": _RECIPE,
    "xat": _PAPER,
    "xvat": _PAPER,
}
# Table, data set, what the flagfile's name says of the setting, and the
# variants of every method.
_ROWS = (
    (
        1,
        "mnist",
        "",
        {
            "mle": _PAPER + _SHORT + _CONV13,
            "vat": _ALL + _SHORT + _CONV13,
            "xvat": _ALL + _SHORT + _CONV13,
            TRANSDUCTIVE: _ALL + _SHORT + _BOUNDED,
        },
    ),
    (
        1,
        "svhn",
        "",
        {
            "mle": _PAPER,
            "vat": ("official", "paper"),
            "xvat": _ALL,
            TRANSDUCTIVE: _ALL,
        },
    ),
    (
        1,
        "cifar10",
        "",
        {
            "mle": _RECIPE + _SHORT,
            "vat": _OFFICIAL + _SHORT,
            "xvat": _ALL + _SHORT,
            TRANSDUCTIVE: _ALL,
        },
    ),
    (
        2,
        "svhn",
        "_aug",
        {
            "mle": _PAPER,
            "vat": ("official", "paper"),
            "vatent": _OFFICIAL,
            "xvat": _PAPER,
            TRANSDUCTIVE: _PAPER,
        },
    ),
    (
        2,
        "cifar10",
        "_aug",
        {
            "mle": _RECIPE,
            "vat": _OFFICIAL,
            "vatent": _OFFICIAL,
            "xvat": _PAPER,
            TRANSDUCTIVE: _PAPER,
        },
    ),
    (
        4,
        "mnist",
        "_supervised",
        {
            "mle": _PAPER + _SHORT,
            "at_l2": _PAPER + _SHORT,
            "at_linf": _PAPER + _SHORT,
            "vat": _PAPER + _SHORT,
            "xat": _ALL + _SHORT,
            "xvat": _ALL + _SHORT,
        },
    ),
    (
        5,
        "cifar10",
        "_supervised_aug",
        {**_CIFAR100, "xat": _ALL, "xvat": _ALL},
    ),
    (5, "cifar100", "_supervised_aug", _CIFAR100),
)

# What holds of every cell of a method and variant.
_NOTES = {
    ("vatent", "official"): (
        "whether the paper's table has this row is not known"
    ),
    ("xat", "released"): (
        "the released code compares predictions (KL), not label and"
        " prediction; that is no setting here"
    ),
    (TRANSDUCTIVE, "released"): (
        "the released code steps the mask table with Adam; here it is plain SGD"
    ),
    ("vat", "released"): "no script calls it: epsilon is the program's own",
}
_AGAINST = "r steps against the prediction, not along vat_tf's power iteration"
# What holds of one cell.
_OWN_NOTES = {
    (1, "mnist", "vat", "recipe"): _AGAINST,
    (1, "mnist", "vat", "short"): _AGAINST,
    (1, "mnist", "vat", "conv13"): _AGAINST,
}


def _cell(table, dataset, setting, method, variant):
    suffix = "" if variant in ("recipe", "official") else f"_{variant}"
    return Cell(
        table,
        dataset,
        method,
        variant,
        f"flags/{dataset}_{method}{setting}{suffix}.flags",
        published=_PUBLISHED.get((table, dataset, method)),
        official=None,
        note=_NOTES.get((method, variant), "")
        or _OWN_NOTES.get((table, dataset, method, variant), ""),
    )


CELLS: tuple[Cell, ...] = tuple(
    _cell(table, dataset, setting, method, variant)
    for table, dataset, setting, methods in _ROWS
    for method, variants in methods.items()
    for variant in variants
)
