"""Every script in examples/ runs and finds an accuracy that can be right."""

import functools
import re

import pytest

from tests import processes
from tests.source_tree import ROOT

SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
# Name of each line and the least accuracy; chance is 0.1, of tabular 0.6.
LINES = {
    "own_loop.py": {"added": 0.75, "masked": 0.75},
    "pretrained.py": {"vat": 0.5, "xvat": 0.5},
    "tabular.py": {"mle": 0.85, "vat": 0.85},
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_it_runs_and_learns(script, tmp_path):
    program = functools.partial(processes.run_script, script)
    ended = processes.call_here(program, tmp_path)
    assert ended.status == 0, ended.err
    found = dict(re.findall(r"^(.*): accuracy (\d\.\d{4})$", ended.out, re.M))
    assert found.keys() == LINES[script.name].keys()
    for name, least in LINES[script.name].items():
        assert least < float(found[name]) <= 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_it_is_short(script):
    assert len(script.read_text().splitlines()) < 60
