"""Fig. 5a: log alpha and x * (epsilon z) of probe images over the epochs."""

import dataclasses

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import Networks, history, networks_of
from xvat_tf.errors import UserError
from xvat_tf.training import views

_IMAGES = 3
_COLUMNS = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Evolution:
    """What a generator does to the probes along the way.

    Attributes:
        probes: The probes, `(n, ...)`.
        epochs: `(t,)`.
        log_alpha: `(t, n, ...)`.
        masked: x * (epsilon z) with the same noise throughout, `(t, n, ...)`.
    """

    probes: views.Probes
    epochs: list[float]
    log_alpha: np.ndarray
    masked: np.ndarray

    @property
    def movement(self) -> float:
        """Largest change of a log alpha from first to last state."""
        return float(np.abs(self.log_alpha[-1] - self.log_alpha[0]).max())


def draw(groups: list[Group], output: Output, missing: Missing) -> None:
    """Draws a figure for each group that has masks."""
    masked = [g for g in groups if g.first.settings.method.uses_mask]
    if not masked:
        raise UserError(
            "none of --runs was trained with xat or xvat, the methods with"
            " masks: add one that was."
        )
    for number, group in enumerate(masked):
        with missing.unless_drawn(f"figure 5a, {group.label}"):
            _draw(group, output, missing, f"-{number + 1}" if number else "")


def _draw(group, output, missing, suffix):
    networks = networks_of(group.first)
    evolution = _evolution(group, networks, missing)
    dataset = group.first.dataset
    pictures = views.has_pictures(networks.data.image_shape)
    draw_it = _draw_pictures if pictures else _draw_vectors
    figure = draw_it(evolution, networks)
    figure.suptitle(
        f"{group.label} on {dataset}: log α moves by at most"
        f" {evolution.movement:.2g} over {evolution.epochs[-1]:g} epochs"
    )
    output.save(figure, f"figure5a-{dataset}{suffix}")


def _evolution(group, networks: Networks, missing) -> Evolution:
    run = group.first
    probes = networks.probes(_IMAGES)
    part = f"figure 5a, {group.label}"
    epochs, states = [], []
    for weights in history(run, part, missing, _COLUMNS):
        networks.load(weights)
        epochs.append(run.epoch(weights.step))
        given = probes.images, probes.labels, probes.rows, weights.step
        states.append(networks.display(*given))
    return Evolution(
        probes,
        epochs,
        np.stack([state.log_alpha for state in states]),
        np.stack([state.perturbed for state in states]),
    )


def _draw_pictures(evolution: Evolution, networks: Networks):
    """Two rows per probe: log alpha, masked image; a column per state."""
    count, columns = len(evolution.probes.labels), len(evolution.epochs)
    scaler = networks.data.scaler
    size = (1.3 * (columns + 1) + 1.4, 2.6 * count + 0.6)
    figure = style.new_figure(size, "compressed")
    axes = figure.subplots(2 * count, columns + 1, squeeze=False)
    originals = views.pictures(scaler, evolution.probes.images)
    for i in range(count):
        upper, lower = axes[2 * i], axes[2 * i + 1]
        style.show_picture(upper[0], originals[i])
        lower[0].set_axis_off()
        for panel, name in ((upper[1], "log α"), (lower[1], "x ⊙ εz")):
            panel.set_ylabel(name)
        for panel, log_alpha in zip(
            upper[1:], evolution.log_alpha[:, i], strict=True
        ):
            # One mask per colour is shown by its mean.
            colours = _show_signed(
                panel, log_alpha.mean(axis=-1), evolution.log_alpha
            )
        shown = views.pictures(scaler, evolution.masked[:, i])
        for panel, picture in zip(lower[1:], shown, strict=True):
            style.show_picture(panel, picture)
    axes[0, 0].set_title("x")
    for panel, epoch in zip(axes[0, 1:], evolution.epochs, strict=True):
        panel.set_title(f"epoch {epoch:g}")
    figure.colorbar(colours, ax=axes[::2], label="log α", shrink=0.5)
    return figure


def _draw_vectors(evolution: Evolution, networks: Networks):
    """For inputs without pictures: dimension by epoch, a column per probe."""
    labels = evolution.probes.labels
    figure = style.new_figure((5 * len(labels), 4.8))
    rows = figure.subplots(2, len(labels), squeeze=False)
    for states, name, row in (
        (evolution.log_alpha, "log α", rows[0]),
        (evolution.masked, "x ⊙ εz", rows[1]),
    ):
        values = states.reshape(*states.shape[:2], -1)
        for i, panel in enumerate(row):
            colours = _show_signed(panel, values[:, i], values, "auto")
            panel.set_title(f"{name}, point of class {labels[i]}")
            panel.set_yticks(
                range(len(evolution.epochs)),
                [f"{epoch:g}" for epoch in evolution.epochs],
            )
        row[0].set_ylabel("epoch")
        figure.colorbar(colours, ax=row, label=name)
    for panel in rows[1]:
        panel.set_xlabel("dimension of the input")
        panel.tick_params(labelbottom=True)
    return figure


def _show_signed(panel, values, whole, aspect="equal"):
    """Values around 0 in one scale for the whole figure."""
    limit = float(np.abs(whole).max()) or 1.0
    shown = panel.imshow(
        values, cmap=style.DIVERGING, vmin=-limit, vmax=limit, aspect=aspect
    )
    style.bare(panel)
    return shown
