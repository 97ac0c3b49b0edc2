"""Every cell of the paper's tables that this project can train.

Table 1 is semi-supervised MNIST, SVHN and CIFAR-10, table 2 semi-supervised
CIFAR-100, table 4 supervised MNIST, table 5 supervised CIFAR; table 3 has
times and no cells. `augmentation` is no table of the paper: table 1 with
augmented images, as the README of the official VAT code has it. The authors'
scripts augment for table 5, and so does this project.

A flagfile is a cell by its name, `DATASET_METHOD[_SETTING][_VARIANT].flags`, in
the order of the tables below. A recipe of this project's own stands beside the
published method's rows: its variant gets a line in `VARIANTS`, and what tells
it from the published method a line in `_OWN`. Tables then mark it.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

from xvat_tf import published
from xvat_tf.command_line import flagfiles
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
    "conv13": "on that network at an eighth of its width, not the table's MLP",
    "conv13_step": "masks that take a step, on that network",
    "bounded": "masks that learn, within a bound on log alpha",
}
# Variants that the names of flagfiles leave out.
_UNNAMED = ("recipe", "official")
_METHODS = (
    *("mle", "at_l2", "at_linf", "vat", "vatent", "xat", "xvat", TRANSDUCTIVE),
    *("pi", "temporal", "mean_teacher", "xvatent"),
)
# By data set, and by what the flagfile's name says of the setting.
_TABLES = {
    ("mnist", ""): "1",
    ("svhn", ""): "1",
    ("cifar10", ""): "1",
    ("cifar100", ""): "2",
    ("mnist", "_supervised"): "4",
    ("cifar10", "_supervised_aug"): "5",
    ("cifar100", "_supervised_aug"): "5",
    ("svhn", "_aug"): AUGMENTATION,
    ("cifar10", "_aug"): AUGMENTATION,
}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One number of a table, and the run that should give it.

    The method is as the names of flagfiles have it, the variant, one of
    `VARIANTS`, says whose values the run has. `published` is the paper's test
    accuracy in percent; `own` what tells the method from the published one, if
    anything.
    """

    table: str
    dataset: str
    method: str
    variant: str
    flagfile: str
    published: float | None = None
    own: str = ""
    note: str = ""


# What holds of every cell of a method and variant.
_NOTES = {
    ("vat", "released"): "no script calls it: epsilon is the program's own",
}
_AGAINST = "r steps against the prediction, not along vat_tf's power iteration"
_STEPPED = "a drawn mask takes a step towards the worst one for its image"
# What of this project's own a cell has.
_OWN = {
    ("1", "mnist", "xvat", "recipe"): _STEPPED,
    ("1", "mnist", "xvat", "conv13_step"): _STEPPED,
    ("1", "mnist", "xvatent", "recipe"): _STEPPED,
    ("1", "mnist", TRANSDUCTIVE, "recipe"): _STEPPED,
    ("1", "mnist", TRANSDUCTIVE, "conv13_step"): _STEPPED,
    ("1", "mnist", "vat", "recipe"): _AGAINST,
    ("1", "mnist", "vat", "short"): _AGAINST,
    ("1", "mnist", "vat", "conv13"): _AGAINST,
    ("1", "mnist", TRANSDUCTIVE, "bounded"): (
        "masks that learn, within a bound on log alpha"
    ),
}


def _cells() -> Iterator[Cell]:
    names = {path.stem for path in flagfiles.folder().glob("*.flags")}
    for (dataset, setting), table in _TABLES.items():
        official = table in ("1", AUGMENTATION) and dataset != "mnist"
        for method, variant in itertools.product(_METHODS, VARIANTS):
            unnamed = _UNNAMED[official and method in ("vat", "vatent")]
            suffix = "" if variant == unnamed else f"_{variant}"
            name = f"{dataset}_{method}{setting}{suffix}"
            if name in names:
                yield Cell(
                    table,
                    dataset,
                    method,
                    variant,
                    f"flags/{name}.flags",
                    published.value(table, dataset, method),
                    _OWN.get((table, dataset, method, variant), ""),
                    _NOTES.get((method, variant), ""),
                )


CELLS: tuple[Cell, ...] = tuple(_cells())
TABLES = ("1", "2", "3", "4", "5", AUGMENTATION)
# What a flag limits: an attribute of the cells.
LIMITS = {"datasets": "dataset", "methods": "method", "variants": "variant"}


def of_table(table: str) -> list[Cell]:
    """All cells of a table; a UserError says that there is none."""
    require_choice("table", table, TABLES)
    return [cell for cell in CELLS if cell.table == table]


def choose(table: str, limits: Mapping[str, list[str]]) -> list[Cell]:
    """Cells of a table, at least one; `limits` are names by flag, of `LIMITS`.

    A UserError says that there is no such table or cell.
    """
    chosen = of_table(table)
    asked = {flag: names for flag, names in limits.items() if names}
    for flag, names in asked.items():
        chosen = [c for c in chosen if getattr(c, LIMITS[flag]) in names]
    if not chosen:
        said = "".join(f" --{f}={','.join(n)}" for f, n in asked.items())
        raise UserError(
            f"--table={table}{said} has no cell: choose another table, or"
            " fewer limits."
        )
    return chosen


def known(flag: str) -> list[str]:
    """Every name that a limit may have, in the order of the cells."""
    return list(dict.fromkeys(getattr(c, LIMITS[flag]) for c in CELLS))
