"""Fig. 5b: multiplicative against additive perturbations of the same images."""

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import Networks
from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS
from xvat_tf.training import views
from xvat_tf.training.objectives.display import Added, Masked
from xvat_tf.training.weights import read_newest

_IMAGES = 10


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws a column per image: what xVAT hides, what VAT adds.

    The picture, of the first group of each kind, is whole or not there.
    """
    masking = _one_of(groups, "uses_mask")
    adding = _one_of(groups, "searches_r")
    rows = _rows(masking, adding)
    columns = len(rows[0][1])
    size = (0.95 * columns + 1.3, 1.0 * len(rows) + 0.4)
    figure = style.new_figure(size, "compressed")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for row, (name, pictures) in zip(axes, rows, strict=True):
        for panel, picture in zip(row, pictures, strict=True):
            style.show_picture(panel, picture)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    dataset = masking.first.dataset
    figure.suptitle(
        f"{dataset}: what {masking.label} hides, what {adding.label} adds"
    )
    output.save(figure, f"figure5b-{dataset}")


def _one_of(groups, kind):
    """The first group of that kind of method, those without labels first."""
    found = [m for m in METHODS.values() if getattr(m, kind)]
    methods = [m.name for m in sorted(found, key=lambda m: m.needs_labels)]
    for method in methods:
        for group in groups:
            if group.first.method == method:
                return group
    raise UserError(
        f"none of --runs was trained with {' or '.join(methods)}: add one that"
        " was."
    )


def _rows(*groups):
    """Name and pictures, `(n, height, width, channels)`, of each row."""
    rows, positions = [], None
    for group in groups:
        networks = Networks(group.first)
        if not views.has_pictures(networks.data.image_shape):
            raise UserError(
                f"inputs of {group.first.dataset} are not pictures: give runs"
                " on images; of moons and circles, figure 4 shows both"
                " perturbations."
            )
        networks.load(read_newest(group.first.folder))
        probes = networks.probes(_IMAGES)
        if positions is None:
            positions, scaler = probes.positions, networks.data.scaler
            rows.append(("x", views.pictures(scaler, probes.images)))
        elif not np.array_equal(probes.positions, positions):
            paths = " and ".join(str(one.first.folder.path) for one in groups)
            raise UserError(
                f"{paths} have different labeled images: give runs with one"
                " --dataset_seed."
            )
        rows += perturbed_rows(networks, probes, group.label)
    return rows


def perturbed_rows(
    networks: Networks, probes: views.Probes, label: str
) -> list[tuple[str, np.ndarray]]:
    """What a run's method makes of images, a row of pictures for each part.

    Pictures are float in [0, 1], `(n, height, width, 1 or 3)`, each row with a
    name that begins with the label; no rows for a method that perturbs no
    image.
    """
    shown = networks.display(probes.images, probes.labels, probes.rows)
    if shown is None:
        return []
    scaler, method = networks.data.scaler, networks.run.settings.method
    perturbed = views.pictures(scaler, shown.perturbed)
    if isinstance(shown, Masked):
        kind = "a draw and its step" if method.mask_step else "noise-free"
        mask = shown.sample if method.mask_step else shown.noise_free
        if mask.shape[-1] != 3:
            mask = mask[..., :1]
        return [(f"{label}: z\n{kind}", mask), ("x ⊙ εz", perturbed)]
    if isinstance(shown, Added):
        changes = views.picture_changes(scaler, shown.r)
        factor = views.amplification(changes)
        shade = np.clip(0.5 + factor * changes, 0, 1)
        return [(f"{label}:\nr × {factor:g}", shade), ("x + r", perturbed)]
    return [(f"{label}:\nperturbed x", perturbed)]
