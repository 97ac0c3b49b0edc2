"""Every check on settings, before any data is read.

Each failure is one `UserError`: what is wrong, what was given, what to do.
"""

from xvat_tf.datasets import find_dataset
from xvat_tf.errors import UserError
from xvat_tf.networks import find_network
from xvat_tf.option import options
from xvat_tf.settings.groups import Settings

# Share of the pixels that x + xi d rounds back to x, for a 32x32x3 image in
# [-0.5, 0.5] and a unit direction d (measured).
_LOST_AT_OFFICIAL_XI = {
    "--precision=mixed_bfloat16": "99.99 %",
    "--precision=mixed_float16": "99.9 %",
    "--tf32": "99.9 %",  # As many bits as float16.
}
_SMALLEST_LOW_PRECISION_XI = 0.1
# Flags of which one alone may differ from its default.
_EXCLUSIVE = (
    ("precision", "tf32", "dtype"),
    ("xla", "deterministic"),
    ("xla", "distribute"),
    ("steps_per_execution", "distribute"),
    ("stream_dir", "num_unlabeled_examples"),
)
_NEEDED = {
    "stream_dir": "streaming",
    "top_bn_affine": "top_bn",
    "validation": "num_valid_examples",
}


def check(settings: Settings) -> None:
    """Checks every value alone, then the combinations.

    A UserError names the first flag that is wrong, its value, the remedy.
    """
    given, values = {}, {}
    for group in (settings.data, settings.network, settings.train):
        for name, option in options(group).items():
            value = values[name] = getattr(group, name)
            option.check(name, value)
            if value != option.default:
                given[name] = f"--{name}" + f"={value}" * (value is not True)
    if settings.train.steps_per_execution == 1:  # As replicas take them.
        del given["steps_per_execution"]
    _check_pairs(given, values)
    _check_belonging(settings, given)
    _check_unlabeled(settings)
    _check_sides(settings)
    _check_precision(settings, given)
    _check_average(settings)
    _check_table(settings)
    _check_strata(settings)


def _require(condition, message):
    if not condition:
        raise UserError(message)


def _check_pairs(given, values):
    for names in _EXCLUSIVE:
        both = [given[name] for name in names if name in given]
        _require(
            len(both) < 2,
            f"{' and '.join(both)} do not go together: leave one of them out.",
        )
    for name, other in _NEEDED.items():
        _require(
            name not in given or values[other],
            f"{given.get(name)} does nothing without --{other}: add it, or"
            f" leave --{name} out.",
        )


def _check_belonging(settings, given):
    """What is for some data sets and networks only."""
    data, network = settings.data, settings.network
    entry = find_dataset(data.dataset)
    takes = {
        "arrays_file": data.dataset == "arrays",
        "images_dir": data.dataset == "folder",
        "image_size": entry.resizes,
        "test_share": entry.resizes,
        "skip_broken_images": data.dataset == "folder",
        "zca": entry.whitens,
        "aug_trans": not entry.is_planar,
        "aug_flip": not entry.is_planar,
    }
    for name in (name for name in takes if name in given):
        _require_for(given[name], takes[name], f"--dataset={data.dataset}")
    if "hidden_noise" in given:
        normalizes = find_network(network.network).normalizes
        where = f"--network={network.network}"
        _require_for(given["hidden_noise"], normalizes, where)
    for name in ("arrays_file", "images_dir"):
        _require(
            name in given or not takes[name],
            f"--{name} is missing: --dataset={data.dataset} needs it.",
        )


def _require_for(flag, takes, where):
    _require(takes, f"{flag} is not for {where}: leave it out.")


def _check_unlabeled(settings):
    reader = settings.method.name
    reader = "--supervised" if settings.data.supervised else reader
    _require(
        not settings.data.streaming or settings.uses_unlabeled,
        f"--streaming is for unlabeled images, and {reader} reads none: leave"
        " it out.",
    )


def _check_sides(settings):
    data, network = settings.data, settings.network.network
    side = data.image_size or find_dataset(data.dataset).side
    least = find_network(network).smallest_side
    _require(
        side is None or side >= least,
        f"--network={network} needs images of {least}x{least} or more,"
        f" --dataset={data.dataset} has none: choose mlp.",
    )


def _check_precision(settings, given):
    low = given.get("tf32") or given.get("precision")
    xi = settings.method.probing_length
    _require(
        not low or xi is None or xi >= _SMALLEST_LOW_PRECISION_XI,
        f"--xi={xi} is too small for {low}:"
        " x + xi d rounds back to x, at xi 1e-6 in"
        f" {_LOST_AT_OFFICIAL_XI.get(low)} of the pixels, and r is"
        f" noise; give --xi={_SMALLEST_LOW_PRECISION_XI} or above.",
    )
    _require(
        settings.train.precision != "mixed_float16"
        or settings.train.distribute == "none",
        "--precision=mixed_float16 scales the loss on one device only, not"
        f" with --distribute={settings.train.distribute}: choose"
        " mixed_bfloat16.",
    )


def _check_average(settings):
    method, decay = settings.method, settings.train.ema_decay
    _require(
        method.weights == "raw" or decay,
        f"--ema_decay={decay} leaves --method={method.name} no averaged weights"
        f" to learn from: give {method.defaults.get('ema_decay')}, or more.",
    )


def _check_table(settings):
    """What a table cannot do when several replicas share its rows."""
    train, method = settings.train, settings.method
    alone = train.distribute == "none" or not method.has_table
    _require(
        alone or method.uses_mask,
        f"--method={method.name} keeps its table in one process, not with"
        f" --distribute={train.distribute}: leave that out.",
    )
    _require(
        alone or method.ascent == "sgd",
        f"--generator_optimizer={method.acting().get('generator_optimizer')}"
        " of a mask table does not go with"
        f" --distribute={train.distribute}: choose sgd.",
    )
    _require(
        train.shards == 1
        or not (
            method.has_table and method.uses_mask and settings.labeled_rows
        ),
        "a mask table with rows of labeled images (--regularised=all or"
        f" --num_unlabeled_examples) does not go with --shards={train.shards}:"
        " leave one of them out.",
    )


def _check_strata(settings):
    train = settings.train
    sizes = {"batch_size": train.batch_size}
    if settings.uses_unlabeled:
        sizes["ul_batch_size"] = train.ul_batch_size
    for flag, size in sizes.items():
        _require(
            size % train.shards == 0,
            f"--{flag}={size} cannot be drawn equally from --shards"
            f"={train.shards} strata of images: give a multiple of"
            f" {train.shards}.",
        )
