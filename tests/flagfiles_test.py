"""Every file in flags/ is a complete run: documented, valid, in its table."""

import pathlib
import re
import types

import numpy as np
import pytest

from xvat_tf.benchmarking.arithmetic import step_gflop
from xvat_tf.command_line import CommandLine
from xvat_tf.reproduction.cells import CELLS
from xvat_tf.settings import MASK_METHODS, resolve

ROOT = pathlib.Path(__file__).parent.parent
FILES = sorted((ROOT / "flags").iterdir())
KINDS = ("Table", "Figure", "Official", "Quick")
# What a file's name says already; all other flags have a reason.
NAMED = {
    "dataset",
    "method",
    "norm",
    "mask_model",
    "supervised",
    "aug_trans",
    "aug_flip",
}
LABELS = {"mnist": 100, "svhn": 1000, "cifar10": 4000}
AUGMENTED = (2, 5)
SUPERVISED = (4, 5)
IMAGE_SHAPES = {
    "moons": (100,),
    "circles": (100,),
    "digits": (8, 8, 1),
    "mnist": (28, 28, 1),
}
CLASSES = {"moons": 2, "circles": 2, "cifar100": 100}
GFLOP = {"GFLOP": 1, "TFLOP": 1e3, "PFLOP": 1e6}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
every_cell = pytest.mark.parametrize(
    "cell", CELLS, ids=lambda cell: pathlib.Path(cell.flagfile).stem
)


def resolved(path):
    return resolve(CommandLine("").parse([f"--flagfile={path}"]))


def flag_names(path):
    lines = path.read_text().splitlines()
    flags = [line for line in lines if line.startswith("--")]
    return [flag[2:].partition("=")[0] for flag in flags]


def comments(path):
    """What the first lines say, by the word that each begins with."""
    found, word = {}, None
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        if line.startswith("#   "):
            found[word] += " " + line[4:]
            continue
        assert re.match(r"# \w", line), line
        word = re.match(r"# (\w+)", line)[1]
        found[word] = line[2:]
    return found


@every_file
def test_the_first_lines_say_where_it_is_from_and_what_it_costs(path):
    said = comments(path)
    assert said["Source"].startswith("Source: ")
    assert len([kind for kind in KINDS if kind in said]) == 1
    assert said["Values"].startswith("Values: ")
    assert re.match(r"Cost: [\d,]+ steps, [\d.]+ [GTP]FLOP", said["Cost"])


@every_file
def test_every_value_has_a_reason(path):
    values = set(re.findall(r"\w+", comments(path)["Values"]))
    assert set(flag_names(path)) - NAMED <= values


@every_file
def test_it_resolves_to_what_its_name_says(path):
    settings = resolved(path)
    dataset, method = path.stem.removeprefix("quick_").split("_")[:2]
    assert settings.data.dataset == dataset
    assert settings.method.method == method
    assert settings.data.supervised == ("_supervised" in path.stem)
    assert settings.data.aug_trans == ("_aug" in path.stem)


def shapes(dataset):
    """All that building a trainer reads of the data; few rows of a table."""
    shape = IMAGE_SHAPES.get(dataset, (32, 32, 3))
    blank = np.zeros((2, *shape), np.float32)
    return types.SimpleNamespace(
        image_shape=shape,
        num_classes=CLASSES.get(dataset, 10),
        labeled_images=blank,
        unlabeled_images=blank,
    )


@every_file
def test_it_costs_what_it_says(path):
    from xvat_tf.training import build_trainer

    settings = resolved(path)
    trainer = build_trainer(settings, shapes(settings.data.dataset))
    steps = settings.train.num_epochs * settings.train.num_iter_per_epoch
    said = re.match(
        r"Cost: ([\d,]+) steps, ([\d.]+) (\w+)", comments(path)["Cost"]
    )
    assert int(said[1].replace(",", "")) == steps
    assert float(said[2]) * GFLOP[said[3]] == pytest.approx(
        steps * step_gflop(trainer, settings), rel=0.1
    )


@every_cell
def test_a_cell_is_the_run_of_its_file(cell):
    settings = resolved(ROOT / cell.flagfile)
    data, method = settings.data, settings.method
    name, _, model = cell.method.partition("_")
    assert (data.dataset, method.method) == (cell.dataset, name)
    if name == "at":
        assert method.norm == model
    if name in MASK_METHODS:
        assert method.mask_model == (model or "inductive")
    assert data.supervised == (cell.table in SUPERVISED)
    labels = 0 if data.supervised else LABELS[cell.dataset]
    assert data.num_labeled_examples == labels
    augmented = cell.table in AUGMENTED
    assert data.aug_trans == augmented
    assert data.aug_flip == (augmented and cell.dataset != "svhn")
    assert not data.validation


@every_cell
def test_a_cell_says_the_same_as_its_file(cell):
    accuracy = "not at hand"
    if cell.published is not None:
        accuracy = f"{cell.published} %"
    assert comments(ROOT / cell.flagfile)["Table"] == (
        f"Table {cell.table}: {cell.dataset}, {cell.method};"
        f" published accuracy {accuracy}"
    )
    suffix = cell.flagfile.removesuffix(".flags").rpartition("_")[2]
    unnamed = cell.variant in ("recipe", "official")
    assert unnamed != (cell.variant == suffix)


def test_every_table_file_is_one_cell():
    files = [cell.flagfile for cell in CELLS]
    assert len(files) == len(set(files))
    tables = [p for p in FILES if "Table" in comments(p)]
    assert set(files) == {str(p.relative_to(ROOT)) for p in tables}
    others = {p for p in FILES if resolved(p).data.dataset in LABELS}
    assert others <= set(tables)


@every_cell
def test_the_paper_differs_from_the_released_code(cell):
    """Equations 7 and 11 against the defaults, which are the code's."""
    method = resolved(ROOT / cell.flagfile).method
    paper = cell.variant == "paper"
    if method.uses_mask:
        assert (method.l0_reduction == "sum") == paper
    if method.method == "xvat":
        assert (method.divergence == "kl_clean_perturbed") == paper


def test_released_script_values_arrive():
    settings = resolved(ROOT / "flags/svhn_xvat_released.flags")
    assert settings.method.lambda_l0 == 3
    assert settings.method.lambda_smooth == 1
    assert settings.method.generator_learning_rate == 1e-6
    assert settings.method.divergence == "kl_perturbed_clean"
    assert settings.train.learning_rate == 0.003
    assert settings.network.bn_epsilon == 2e-5
