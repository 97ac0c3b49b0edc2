"""Every file in flags/ is a complete run: documented, and valid."""

import pathlib

import pytest

from xvat_tf.command_line import CommandLine
from xvat_tf.settings import resolve

FILES = sorted((pathlib.Path(__file__).parent.parent / "flags").iterdir())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_flagfile_resolves_and_says_where_it_is_from(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# Source: ")
    assert any(line.startswith("# Cost: ") for line in lines)
    given = CommandLine("").parse([f"--flagfile={path}"])
    settings = resolve(given)
    dataset, method = path.stem.removeprefix("quick_").split("_")[:2]
    assert settings.data.dataset == dataset
    assert settings.method.method == method


def test_released_script_values_arrive():
    path = next(p for p in FILES if p.stem == "svhn_xvat_released")
    settings = resolve(CommandLine("").parse([f"--flagfile={path}"]))
    assert settings.method.lambda_l0 == 3
    assert settings.method.lambda_smooth == 1
    assert settings.method.generator_learning_rate == 1e-6
    assert settings.method.divergence == "kl_perturbed_clean"
    assert settings.train.learning_rate == 0.003
