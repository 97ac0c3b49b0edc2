"""Every cell of the paper's tables that this project can train.

Table 1 is semi-supervised MNIST, SVHN and CIFAR-10, table 2 semi-supervised
CIFAR-100, table 4 supervised MNIST, table 5 supervised CIFAR; table 3 has
times and no cells. `augmentation` is no table of the paper: table 1 with
augmented images, as the README of the official VAT code has it. The authors'
scripts augment for table 5, and so does this project.

A recipe of this project's own stands beside the published method's rows: its
variant gets a line in `VARIANTS`, its cells a place in `_ROWS`, and what
tells it from the published method a line in `_OWN`. Tables then mark it.
"""

import dataclasses
from collections.abc import Mapping

from xvat_tf import published
from xvat_tf.errors import UserError
from xvat_tf.option import require_choice

AUGMENTATION = "augmentation"
TRANSDUCTIVE = "xvat_transductive"
# What a table's variants are; their order is that of the rows.
VARIANTS: Mapping[str, str] = {
    "recipe": "this project's recommendation",
    "official": "a command of the official VAT code, and the recommendation",
    "paper": "the values of the paper's appendix",
    "released": "those of the authors' scripts",
    "drawn": "masks as they are drawn: the recipe of the published method",
    "short": "that recipe in a fraction of the steps, for two CPU cores",
    "long": "that recipe in twice the steps",
    "conv13": "on that network at an eighth of its width, not the table's MLP",
    "bounded": "masks that learn, within a bound on log alpha",
}
# Variants that the names of flagfiles leave out.
_UNNAMED = ("recipe", "official")


@dataclasses.dataclass(frozen=True)
class Cell:
    """One number of a table, and the run that should give it.

    Attributes:
        table: Number of the table, or `AUGMENTATION`.
        dataset: As `--dataset`.
        method: mle, at_l2, at_linf, vat, vatent, xat, xvat,
            xvat_transductive, xvatent, pi, temporal or mean_teacher.
        variant: Whose values the run has; one of `VARIANTS`.
        flagfile: Path of the run's flags from the root of the repository.
        published: Test accuracy in the paper in percent; None without one.
        own: What tells the method from the published one; empty if it is
            the published one.
        note: What else a reader of the number should know; may be empty.
    """

    table: str
    dataset: str
    method: str
    variant: str
    flagfile: str
    published: float | None = None
    own: str = ""
    note: str = ""


def _cell(table, dataset, setting, method, variant):
    suffix = "" if variant in _UNNAMED else f"_{variant}"
    return Cell(
        table,
        dataset,
        method,
        variant,
        f"flags/{dataset}_{method}{setting}{suffix}.flags",
        published.value(table, dataset, method),
        _OWN.get((table, dataset, method, variant), ""),
        _NOTES.get((method, variant), ""),
    )


_RECIPE = ("recipe",)
_OFFICIAL = ("official",)
_PAPER = ("recipe", "paper")
_OFFICIAL_PAPER = ("official", "paper")
_ALL = ("recipe", "paper", "released")
_SHORT = ("short",)
_LONG = ("long",)
_CONV13 = ("conv13",)
_BOUNDED = ("bounded",)
_DRAWN = ("drawn",)
_CIFAR_SUPERVISED = {
    "mle": _PAPER,
    "at_l2": _RECIPE,
    "at_linf": _PAPER,
    "vat": _PAPER,
    "xat": _PAPER,
    "xvat": _PAPER,
    "pi": _RECIPE,
    "temporal": _RECIPE,
}
_AUGMENTED = {"vatent": _OFFICIAL, "xvat": _PAPER, TRANSDUCTIVE: _PAPER}
# Table and data set: what the flagfile's name says of the setting, and the
# variants of every method.
_ROWS = {
    ("1", "mnist"): (
        "",
        {
            "mle": _PAPER + _SHORT + _CONV13,
            "vat": _ALL + _SHORT + _CONV13,
            "xvat": _ALL + _LONG + _DRAWN + _SHORT + _CONV13,
            TRANSDUCTIVE: _ALL + _DRAWN + _SHORT + _BOUNDED,
            "pi": _RECIPE,
            "temporal": _RECIPE,
            "mean_teacher": _RECIPE,
            "xvatent": _RECIPE,
        },
    ),
    ("1", "svhn"): (
        "",
        {
            "mle": _PAPER,
            "vat": _OFFICIAL_PAPER,
            "xvat": _ALL,
            TRANSDUCTIVE: _ALL,
            "pi": _RECIPE,
            "mean_teacher": _RECIPE,
        },
    ),
    ("1", "cifar10"): (
        "",
        {
            "mle": _PAPER + _SHORT,
            "vat": _OFFICIAL_PAPER + _SHORT,
            "xvat": _ALL + _SHORT,
            TRANSDUCTIVE: _ALL,
            "pi": _RECIPE,
            "mean_teacher": _RECIPE,
        },
    ),
    ("2", "cifar100"): (
        "",
        {
            "mle": _PAPER,
            "vat": _PAPER,
            "xvat": _PAPER,
            TRANSDUCTIVE: _PAPER,
            "pi": _RECIPE,
            "temporal": _RECIPE,
        },
    ),
    ("4", "mnist"): (
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
    ("5", "cifar10"): (
        "_supervised_aug",
        _CIFAR_SUPERVISED | {"xat": _ALL, "xvat": _ALL},
    ),
    ("5", "cifar100"): ("_supervised_aug", _CIFAR_SUPERVISED),
    (AUGMENTATION, "svhn"): (
        "_aug",
        {"mle": _PAPER, "vat": _OFFICIAL_PAPER} | _AUGMENTED,
    ),
    (AUGMENTATION, "cifar10"): (
        "_aug",
        {"mle": _RECIPE, "vat": _OFFICIAL} | _AUGMENTED,
    ),
}

# What holds of every cell of a method and variant.
_NOTES = {
    ("vat", "released"): "no script calls it: epsilon is the program's own",
}
_AGAINST = "r steps against the prediction, not along vat_tf's power iteration"
_STEPPED = "a drawn mask takes a step towards the worst one for its image"
# What of this project's own a cell has.
_OWN = {
    ("1", "mnist", "xvat", "recipe"): _STEPPED,
    ("1", "mnist", "xvat", "long"): _STEPPED,
    ("1", "mnist", "xvatent", "recipe"): _STEPPED,
    ("1", "mnist", TRANSDUCTIVE, "recipe"): _STEPPED,
    ("1", "mnist", "vat", "recipe"): _AGAINST,
    ("1", "mnist", "vat", "short"): _AGAINST,
    ("1", "mnist", "vat", "conv13"): _AGAINST,
    ("1", "mnist", TRANSDUCTIVE, "bounded"): (
        "masks that learn, within a bound on log alpha"
    ),
}

CELLS: tuple[Cell, ...] = tuple(
    _cell(table, dataset, setting, method, variant)
    for (table, dataset), (setting, methods) in _ROWS.items()
    for method, variants in methods.items()
    for variant in variants
)
TABLES = ("1", "2", "3", "4", "5", AUGMENTATION)
# What a flag limits: an attribute of the cells.
LIMITS = {"datasets": "dataset", "methods": "method", "variants": "variant"}


def of_table(table: str) -> list[Cell]:
    """All cells of a table.

    Raises:
        UserError: There is no such table.
    """
    require_choice("table", table, TABLES)
    return [cell for cell in CELLS if cell.table == table]


def choose(table: str, limits: Mapping[str, list[str]]) -> list[Cell]:
    """Cells of a table, at least one; `limits` are names by flag, of `LIMITS`.

    Raises:
        UserError: There is no such table, or it has no such cell.
    """
    chosen = of_table(table)
    asked = {flag: names for flag, names in limits.items() if names}
    for flag, names in asked.items():
        chosen = [c for c in chosen if getattr(c, LIMITS[flag]) in names]
    if not chosen:
        said = " ".join(
            f"--{f}={','.join(names)}" for f, names in asked.items()
        )
        raise UserError(
            f"--table={table} has no cell{said and ' of '}{said}:"
            f" choose another table{said and ', or fewer limits'}."
        )
    return chosen


def known(flag: str) -> list[str]:
    """Every name that a limit may have, in the order of the cells."""
    return list(dict.fromkeys(getattr(c, LIMITS[flag]) for c in CELLS))
