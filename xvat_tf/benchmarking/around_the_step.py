"""What is around the step of a case: measured, printed, returned."""

from xvat_tf.benchmarking import surroundings
from xvat_tf.benchmarking.alternation import quantiles, ratio
from xvat_tf.benchmarking.cases import Case
from xvat_tf.training import prepare_data


def measure(parts: list[str], case: Case, rounds: int) -> dict:
    """Measures and prints what is around the step of one case.

    Args:
        parts: Of `input`, `evaluation`, `fit`, `start`.
        case: What is timed.
        rounds: How often an evaluation is timed.

    Returns:
        Every sample, in seconds, by name.

    Raises:
        UserError: The data set is missing.
    """
    found = {"network": case.network, "method": case.method}
    print(f"\n{case.network} {case.method}")
    if {"input", "fit"} & set(parts):
        data = prepare_data(case.settings)
    if "input" in parts:
        found["input"] = surroundings.input_seconds(case, data, 200)
        print(f"input: {1e3 * quantiles(found['input'])[0]:.3f} ms per batch")
    if "evaluation" in parts:
        found |= surroundings.evaluation_seconds(case, rounds)
        times = found["evaluation"], found["forward passes"]
        print(
            f"evaluation: {10_000 / quantiles(times[0])[0]:.0f} images/s,"
            f" {ratio(*times):.3f} of the time of bare forward passes"
        )
    if "fit" in parts:
        found |= surroundings.fit_seconds(case, data)
        times = found["fit"], found["bare"]
        print(
            f"fit: {1e3 * quantiles(times[0])[0]:.2f} ms per step,"
            f" {ratio(*times):.3f} of the bare compiled step"
        )
    if "start" in parts:
        found["start_seconds"] = surroundings.start_seconds(case.flags)
        print(f"command of one step: {found['start_seconds']:.1f} s")
    return found
