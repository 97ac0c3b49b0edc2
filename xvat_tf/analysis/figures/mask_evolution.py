"""Fig. 5a: log alpha and x * (epsilon z) of probe images over the epochs."""

import numpy as np

from xvat_tf.analysis.figures import style
from xvat_tf.analysis.figures.output import Output
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import Group
from xvat_tf.analysis.states import Networks, history
from xvat_tf.errors import UserError
from xvat_tf.training import views

_IMAGES = 3
_COLUMNS = 5


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
    """All states of the probes, `(t, n, ...)`, with the same noise."""
    run, networks = group.first, Networks(group.first)
    probes = networks.probes(_IMAGES)
    given = probes.images, probes.labels, probes.rows
    epochs, states = [], []
    part = f"figure 5a, {group.label}"
    for weights in history(run, part, missing, _COLUMNS):
        networks.load(weights)
        epochs.append(run.epoch(weights.step))
        states.append(networks.display(*given, weights.step))
    log_alpha = np.stack([state.log_alpha for state in states])
    masked = np.stack([state.perturbed for state in states])
    if views.has_pictures(networks.data.image_shape):
        scaler = networks.data.scaler
        masked = np.stack([views.pictures(scaler, one) for one in masked])
        originals = views.pictures(scaler, probes.images)
        figure = _draw_pictures(originals, log_alpha, masked, epochs)
    else:
        figure = _draw_vectors(probes.labels, log_alpha, masked, epochs)
    movement = np.abs(log_alpha[-1] - log_alpha[0]).max()
    figure.suptitle(
        f"{group.label} on {run.dataset}: log α moves by at most"
        f" {movement:.2g} over {epochs[-1]:g} epochs"
    )
    output.save(figure, f"figure5a-{run.dataset}{suffix}")


def _draw_pictures(originals, log_alpha, masked, epochs):
    """Two rows per probe: log alpha, masked image; a column per state."""
    count, columns = len(originals), len(epochs) + 1
    size = (1.3 * columns + 1.4, 2.6 * count + 0.6)
    figure = style.new_figure(size, "compressed")
    axes = figure.subplots(2 * count, columns, squeeze=False)
    for i, original in enumerate(originals):
        upper, lower = axes[2 * i], axes[2 * i + 1]
        style.show_picture(upper[0], original)
        lower[0].set_axis_off()
        upper[1].set_ylabel("log α")
        lower[1].set_ylabel("x ⊙ εz")
        for panel, state in zip(upper[1:], log_alpha[:, i], strict=True):
            # One mask per colour is shown by its mean.
            colours = _show_signed(panel, state.mean(axis=-1), log_alpha)
        for panel, picture in zip(lower[1:], masked[:, i], strict=True):
            style.show_picture(panel, picture)
    titles = ["x", *(f"epoch {epoch:g}" for epoch in epochs)]
    for panel, title in zip(axes[0], titles, strict=True):
        panel.set_title(title)
    figure.colorbar(colours, ax=axes[::2], label="log α", shrink=0.5)
    return figure


def _draw_vectors(labels, log_alpha, masked, epochs):
    """For inputs without pictures: dimension by epoch, a column per probe."""
    figure = style.new_figure((5 * len(labels), 4.8))
    rows = figure.subplots(2, len(labels), squeeze=False)
    shown = (log_alpha, "log α"), (masked, "x ⊙ εz")
    for row, (states, name) in zip(rows, shown, strict=True):
        values = states.reshape(*states.shape[:2], -1)
        for i, panel in enumerate(row):
            colours = _show_signed(panel, values[:, i], values, "auto")
            panel.set_title(f"{name}, point of class {labels[i]}")
            names = [f"{epoch:g}" for epoch in epochs]
            panel.set_yticks(range(len(epochs)), names)
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
