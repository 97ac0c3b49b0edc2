"""Both loss curves of a comparison, as a plot and in TensorBoard."""

import pathlib

import numpy as np

from xvat_tf.records.tags import TOTAL


def write_plot(
    path: pathlib.Path, theirs: list, ours: list, bars: list
) -> None:
    """Draws the losses of each step, and their relative difference below.

    The bars are its largest allowed values; infinite ones are not drawn.
    """
    from matplotlib.figure import Figure  # Slow, and only for this.

    steps = np.arange(1, len(ours) + 1)
    figure = Figure(figsize=(7, 6), layout="constrained")
    top, bottom = figure.subplots(2, sharex=True)
    top.plot(steps, theirs, "o", fillstyle="none", label="official")
    top.plot(steps, ours, "-", label="this project")
    top.set_ylabel("training loss")
    top.legend()
    difference = np.abs(np.divide(ours, theirs) - 1)
    bottom.semilogy(
        steps, np.maximum(difference, 1e-17), ".-", label="difference"
    )
    bottom.semilogy(steps, bars, "k--", label="allowed by rounding")
    bottom.legend()
    bottom.set_ylabel("relative difference")
    bottom.set_xlabel("step")
    bottom.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=120)


def write_scalars(folder: pathlib.Path, theirs: list, ours: list) -> None:
    """Writes both curves under one tag, a folder of events for each side."""
    import tensorflow as tf

    for name, losses in (("official", theirs), ("ours", ours)):
        with tf.summary.create_file_writer(str(folder / name)).as_default():
            for step, loss in enumerate(losses, start=1):
                tf.summary.scalar(TOTAL, loss, step)
