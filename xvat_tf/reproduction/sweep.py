"""Plans a grid of lambda and eta, figure 7: a run for every pair."""

import pathlib
from collections.abc import Mapping

from xvat_tf.command_line.runs import completed
from xvat_tf.errors import UserError
from xvat_tf.records import RunFolder
from xvat_tf.reproduction.runs import PlannedRun
from xvat_tf.settings import resolve, to_values


def planned(
    folder: pathlib.Path,
    given: Mapping,
    lambdas: list[float],
    etas: list[float],
) -> list[PlannedRun]:
    """Plans the grid, lambda by lambda, a run folder in `folder` for each.

    `given` are the settings of every run, as `settings.resolve` takes them. A
    UserError says that one is impossible, or that two runs share a name.
    """
    grid = dict.fromkeys((value, eta) for value in lambdas for eta in etas)
    runs = {}
    for value, eta in grid:
        path = folder / f"lambda_{value:g}_eta_{eta:g}"
        if path.name in runs:
            raise UserError(
                f"--sweep would train {path.name} twice: give values that"
                " differ in their first 6 digits."
            )
        own = {"lambda_l0": value, "eta": eta, "log_dir": str(path)}
        settings = resolve(completed({**given, **own})[0])
        flags = (f"--{n}={_text(v)}" for n, v in to_values(settings).items())
        runs[path.name] = PlannedRun(
            path.name, "sweep", tuple(flags), settings, RunFolder(path)
        )
    return list(runs.values())


def _text(value):
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
