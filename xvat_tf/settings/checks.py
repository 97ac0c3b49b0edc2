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
_PLACES_OF = {"arrays_file": "arrays", "images_dir": "folder"}


def check(settings: Settings) -> None:
    """Checks every value alone, then the combinations.

    A UserError names the first flag that is wrong, its value, the remedy.
    """
    for group in (settings.data, settings.network, settings.train):
        for name, option in options(group).items():
            option.check(name, getattr(group, name))
    _check_data(settings)
    _check_streaming(settings)
    _check_network(settings)
    _check_precision(settings)
    _check_training(settings)
    _check_table(settings)
    _check_strata(settings)


def _require(condition, message):
    if not condition:
        raise UserError(message)


def _require_one_of(flags):
    """Of flags that exclude each other, those that were given."""
    _require(
        len(flags) < 2,
        f"{' and '.join(flags)} do not go together: leave one of them out.",
    )


def _check_data(settings):
    data = settings.data
    entry = find_dataset(data.dataset)
    for name, dataset in _PLACES_OF.items():
        place = getattr(data, name)
        _require(
            (data.dataset == dataset) == bool(place),
            f"--{name}={place!r} does not fit --dataset={data.dataset}:"
            f" --dataset={dataset} needs it, no other data set takes it.",
        )
    for name in ("image_size", "test_share", "skip_broken_images"):
        value = getattr(data, name)
        takes = data.images_dir or name in ("image_size", "test_share")
        _require(
            (entry.resizes and takes) or value == options(data)[name].default,
            f"--{name}={value} is not for --dataset={data.dataset}: leave it"
            " out.",
        )
    _require(
        not data.validation or data.num_valid_examples > 0,
        "--validation with --num_valid_examples=0 holds nothing out: give at"
        " least 1.",
    )
    _require(
        not data.zca or entry.whitens,
        f"--zca whitens cifar10 and cifar100 only, not {data.dataset}: leave"
        " it out.",
    )
    augments = data.aug_trans or data.aug_flip
    _require(
        not augments or not entry.is_planar,
        f"--aug_trans and --aug_flip need images; {data.dataset} has points:"
        " leave them out.",
    )


def _check_streaming(settings):
    data = settings.data
    _require(
        data.streaming or not data.stream_dir,
        f"--stream_dir={data.stream_dir!r} is only used with --streaming: add"
        " that, or leave it out.",
    )
    reader = "--supervised" if data.supervised else settings.method.name
    _require(
        not data.streaming or settings.uses_unlabeled,
        f"--streaming is for unlabeled images, and {reader} reads none: leave"
        " it out.",
    )
    _require(
        not (data.streaming and data.num_unlabeled_examples),
        f"--num_unlabeled_examples={data.num_unlabeled_examples} does not go"
        " with --streaming: write shards of those images.",
    )


def _check_network(settings):
    network, data = settings.network, settings.data
    kind = find_network(network.network)
    side = data.image_size or find_dataset(data.dataset).side
    least = kind.smallest_side
    _require(
        not network.hidden_noise or kind.normalizes,
        f"--hidden_noise={network.hidden_noise} follows a batch norm, and"
        f" --network={network.network} is not known to have one: leave it out.",
    )
    _require(
        network.top_bn or not network.top_bn_affine,
        "--top_bn_affine belongs to the batch norm on the logits: add"
        " --top_bn, or"
        " leave it out.",
    )
    _require(
        side is None or side >= least,
        f"--network={network.network} needs images of {least}x{least} or more,"
        f" --dataset={data.dataset} has none: choose mlp.",
    )


def _check_precision(settings):
    train, method = settings.train, settings.method
    low = [f"--precision={train.precision}"] * (train.precision != "float32")
    low += ["--tf32"] * train.tf32
    double = [f"--dtype={train.dtype}"] * (train.dtype != "float32")
    _require_one_of(low + double)
    _require_one_of(
        ["--xla"] * train.xla + ["--deterministic"] * train.deterministic
    )
    xi = method.probing_length if low else None
    _require(
        xi is None or xi >= _SMALLEST_LOW_PRECISION_XI,
        f"--xi={xi} is too small for {low and low[0]}:"
        " x + xi d rounds back to x, at xi 1e-6 in"
        f" {low and _LOST_AT_OFFICIAL_XI[low[0]]} of the pixels, and r is"
        f" noise; give --xi={_SMALLEST_LOW_PRECISION_XI} or above.",
    )
    alone = train.distribute == "none"
    _require(
        alone or train.precision != "mixed_float16",
        "--precision=mixed_float16 scales the loss on one device only, not"
        f" with --distribute={train.distribute}: choose mixed_bfloat16.",
    )
    _require(
        alone or not train.xla,
        f"--xla cannot compile the step of --distribute={train.distribute}:"
        " leave one of them out.",
    )


def _check_training(settings):
    method, decay = settings.method, settings.train.ema_decay
    count, kind = settings.train.steps_per_execution, settings.train.distribute
    _require(
        method.weights == "raw" or decay,
        f"--ema_decay={decay} leaves --method={method.name} no averaged weights"
        f" to learn from: give {method.defaults.get('ema_decay')}, or more.",
    )
    _require(
        count < 2 or kind == "none",
        f"--steps_per_execution={count} does not go with --distribute={kind},"
        " which takes one at a time: leave one of them out.",
    )


def _check_table(settings):
    """What a table cannot do when several replicas share its rows."""
    train, method = settings.train, settings.method
    if not method.has_table:
        return
    if not method.uses_mask:
        _require(
            train.distribute == "none",
            f"--method={method.name} keeps its table in one process, not with"
            f" --distribute={train.distribute}: leave that out.",
        )
        return
    _require(
        method.ascent == "sgd" or train.distribute == "none",
        f"--generator_optimizer={method.generator_optimizer} of a mask table"
        f" does not go with --distribute={train.distribute}: choose sgd.",
    )
    _require(
        train.shards == 1 or not settings.labeled_rows,
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
