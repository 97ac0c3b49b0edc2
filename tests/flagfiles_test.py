"""Every file in flags/ is a complete run: documented, valid, in its table."""

import functools
import pathlib
import re
import types

import pytest

from xvat_tf.benchmarking.arithmetic import step_gflop
from xvat_tf.benchmarking.cases import timed_methods
from xvat_tf.command_line import CommandLine
from xvat_tf.methods import METHODS
from xvat_tf.models import build_classifier, build_generator
from xvat_tf.reproduction.cells import AUGMENTATION, CELLS, TRANSDUCTIVE
from xvat_tf.settings import resolve
from xvat_tf.training.schedules import learning_rate

ROOT = pathlib.Path(__file__).parent.parent
FILES = sorted((ROOT / "flags").iterdir())
KINDS = ("Table", "Extra", "Figure", "Official", "Quick")
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
LABELS = {"mnist": 100, "svhn": 1000, "cifar10": 4000, "cifar100": 10_000}
AUGMENTED = ("5", AUGMENTATION)
SUPERVISED = ("4", "5")
IMAGE_SHAPES = {
    "moons": (100,),
    "circles": (100,),
    "digits": (8, 8, 1),
    "mnist": (28, 28, 1),
}
CLASSES = {"moons": 2, "circles": 2, "cifar100": 100}
GFLOP = {"GFLOP": 1, "TFLOP": 1e3, "PFLOP": 1e6}

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def each(cells):
    """Parametrises a test by cells."""
    return pytest.mark.parametrize(
        "cell", cells, ids=[pathlib.Path(c.flagfile).stem for c in cells]
    )


every_cell = each(CELLS)


@functools.cache
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
    dataset, _, rest = path.stem.removeprefix("quick_").partition("_")
    assert settings.data.dataset == dataset
    assert f"{rest}_".startswith(f"{settings.method.name}_")
    assert settings.data.supervised == ("_supervised" in path.stem)
    assert settings.data.aug_trans == ("_aug" in path.stem)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_quick_file_and_a_case_of_the_benchmark(method):
    path = ROOT / "flags" / f"quick_digits_{method}.flags"
    assert resolved(path).method.name == method
    assert method in {one["method"] for one in timed_methods().values()}


@functools.cache
def classifier_of(shape, classes, **given):
    """Many files have the same one."""
    network = resolve({"dataset": "svhn", **given}).network
    return build_classifier(network, shape, classes, 0)


def networks_of(settings):
    """What the cost is counted on; a table costs nothing."""
    dataset, network = settings.data.dataset, vars(settings.network)
    shape = IMAGE_SHAPES.get(dataset, (32, 32, 3))
    names = ("network", "width", "hidden_sizes")
    sizes = {name: network[name] for name in names}
    classifier = classifier_of(shape, CLASSES.get(dataset, 10), **sizes)
    method, generator = settings.method, None
    if method.uses_mask and not method.has_table:
        generator = build_generator(method, shape, 0, 0)
    return types.SimpleNamespace(classifier=classifier, generator=generator)


@every_file
def test_it_costs_what_it_says(path):
    settings = resolved(path)
    steps = settings.train.num_epochs * settings.train.num_iter_per_epoch
    said = re.match(
        r"Cost: ([\d,]+) steps, ([\d.]+) (\w+)", comments(path)["Cost"]
    )
    assert int(said[1].replace(",", "")) == steps
    assert float(said[2]) * GFLOP[said[3]] == pytest.approx(
        steps * step_gflop(networks_of(settings), settings), rel=0.1
    )


@every_cell
def test_a_cell_is_the_run_of_its_file(cell):
    settings = resolved(ROOT / cell.flagfile)
    data, method = settings.data, settings.method
    assert data.dataset == cell.dataset
    assert f"{cell.method}_".startswith(f"{method.name}_")
    model = cell.method.removeprefix(method.name).removeprefix("_")
    if method.name == "at":
        assert method.norm == model
    if method.uses_mask:
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
    said = comments(ROOT / cell.flagfile)
    name = f"{cell.dataset}, {cell.method}"
    if cell.table == AUGMENTATION:
        expected = f"Extra: augmentation, no table of the paper: {name}"
        assert said["Extra"] == expected
    else:
        accuracy = "not in the paper's table"
        if cell.published is not None:
            accuracy = f"published accuracy {cell.published:.2f} %"
        assert said["Table"] == f"Table {cell.table}: {name}; {accuracy}"
    unnamed = cell.variant in ("recipe", "official")
    assert unnamed != cell.flagfile.endswith(f"_{cell.variant}.flags")


def test_every_table_file_is_one_cell():
    files = [cell.flagfile for cell in CELLS]
    assert len(files) == len(set(files))
    tables = [p for p in FILES if {"Table", "Extra"} & comments(p).keys()]
    assert set(files) == {str(p.relative_to(ROOT)) for p in tables}


@every_cell
def test_only_the_papers_values_have_its_equations(cell):
    """Equations 7, 11 and 13 against the defaults, which are the code's."""
    settings = resolved(ROOT / cell.flagfile)
    method = settings.method
    paper = cell.variant == "paper"
    if method.uses_mask and method.mask_step:
        assert cell.own
    elif method.uses_mask:
        assert (method.l0_reduction == "sum") == paper
        assert (method.beta == 2 / 3) == paper
    if method.name == "xvat" and not method.mask_step:
        assert (method.divergence == "kl_clean_perturbed") == paper
        both = paper and settings.uses_unlabeled
        assert (method.regularised == "all") == both
    if method.name == "xat":
        assert (method.label_loss == "added") == paper


# Section 6.2: steps, first step of the decay, steps between two rates.
LINEAR = {
    ("svhn", False): (50_000, 35_000, 500),
    ("cifar10", False): (200_000, 180_000, 400),
    ("cifar100", False): (120_000, 80_000, 400),
    ("cifar10", True): (300 * 500, 150 * 500, 500),
    ("cifar100", True): (300 * 500, 150 * 500, 500),
}
every_paper_cell = each([cell for cell in CELLS if cell.variant == "paper"])


@every_paper_cell
def test_paper_schedules_are_those_of_the_appendix(cell):
    settings = resolved(ROOT / cell.flagfile)
    train, supervised = settings.train, settings.data.supervised

    def rates(*steps):
        return [learning_rate(train, step) for step in range(*steps)]

    if cell.dataset == "mnist":
        assert train.num_steps == 50_000
        expected = [0.002 * 0.9**i for i in range(100)]
        # Of the first and the last step of each 500.
        assert rates(0, 50_000, 500) == pytest.approx(expected)
        assert rates(499, 50_000, 500) == pytest.approx(expected)
    else:
        first = 0.003 if cell.method == "xat" else 0.001
        steps, start, interval = LINEAR[cell.dataset, supervised]
        assert train.num_steps == steps
        assert set(rates(0, start, 100)) == {first}
        left = (steps - start) // interval
        expected = [first * (1 - i / left) for i in range(left)]
        assert rates(start, steps, interval) == pytest.approx(expected)
        last = start + interval - 1
        assert rates(last, steps, interval) == pytest.approx(expected)


@every_paper_cell
def test_paper_batches_and_pixels_are_those_of_the_appendix(cell):
    settings = resolved(ROOT / cell.flagfile)
    data, train = settings.data, settings.train
    semi = not data.supervised
    if cell.dataset == "mnist":
        assert train.batch_size == 100
        assert train.ul_batch_size == 250 or not semi
        centered = settings.method.uses_mask
        assert data.pixel_range == ("centered" if centered else "unit")
    else:
        assert train.batch_size == (32 if semi else 100)
        assert train.ul_batch_size == 128 or not semi
        assert data.zca == (cell.dataset != "svhn")
        assert data.pixel_range == "unit" or data.zca
    assert train.mom1 == 0.9


@every_paper_cell
def test_paper_networks_are_those_of_the_appendix(cell):
    network = resolved(ROOT / cell.flagfile).network
    if cell.dataset == "mnist":
        assert network.network == "mlp"
        assert network.hidden_sizes == (1200, 600, 300, 150)
    else:  # Table 6.
        assert (network.network, network.width) == ("conv13", 1)
        assert (network.lrelu_a, network.keep_prob_hidden) == (0.1, 0.5)


@each([c for c in CELLS if c.variant == "paper" and c.method[:3] == "vat"])
def test_paper_vat_is_that_of_the_papers_equations(cell):
    method = resolved(ROOT / cell.flagfile).method
    assert (method.eta, method.num_power_iterations) == (1, 1)  # Eq. 4.
    assert method.direction == "power_iteration"


@each([c for c in CELLS if c.variant == "paper" and c.method[0] == "x"])
def test_paper_masks_are_those_of_the_appendix(cell):
    method = resolved(ROOT / cell.flagfile).method
    assert (method.beta, method.gamma, method.zeta) == (2 / 3, -0.1, 1.1)
    assert method.lambda_l0 == 1
    assert method.eta == (0.5 if cell.method == "xat" else 1)
    assert method.mask_gain == 1
    assert method.lambda_smooth == method.log_alpha_bound == 0
    assert method.mask_step == method.log_alpha_mean == 0
    if cell.method == TRANSDUCTIVE:
        assert (method.ascent, method.generator_learning_rate) == ("sgd", 0.001)
    else:
        assert method.ascent == "adam"
        assert (method.generator_layers, method.generator_filters) == (1, 1)
        assert method.generator_learning_rate == 1e-6


@each([cell for cell in CELLS if cell.variant == "released"])
def test_released_values_are_those_of_the_programs(cell):
    settings = resolved(ROOT / cell.flagfile)
    method = settings.method
    if cell.table == "5":  # Their epochs have 400 steps, the paper's 500.
        assert settings.train.num_steps == 300 * 400
        assert settings.train.epoch_decay_start == 200
        assert settings.train.learning_rate == 0.003
    if cell.method == TRANSDUCTIVE:
        assert method.ascent == "adam"
    if method.name == "xat":
        assert method.xat_target == "prediction"
        assert method.label_loss == "mixed"
        assert method.generator_learning_rate == 0
    if method.uses_mask:
        assert method.divergence == "kl_perturbed_clean"
        assert method.l0_reduction == "mean"


def test_released_script_values_arrive():
    settings = resolved(ROOT / "flags/svhn_xvat_released.flags")
    assert settings.method.lambda_l0 == 3
    assert settings.method.lambda_smooth == 1
    assert settings.method.generator_learning_rate == 1e-6
    assert settings.method.divergence == "kl_perturbed_clean"
    assert settings.train.learning_rate == 0.003
    assert settings.network.bn_epsilon == 2e-5
