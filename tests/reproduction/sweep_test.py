"""Runs of a sweep: names, settings, the flags of their train command."""

import pytest

from xvat_tf.command_line import CommandLine
from xvat_tf.errors import UserError
from xvat_tf.reproduction import sweep
from xvat_tf.reproduction.runs import read_state
from xvat_tf.settings import resolve, to_values

GIVEN = {"dataset": "digits", "method": "xvat", "hidden_sizes": (8, 4)}


def test_runs_are_named_by_their_values(tmp_path):
    made = sweep.planned(tmp_path, GIVEN, [0.1, 3.0], [1.0, 0.25])
    assert [run.name for run in made] == [
        "lambda_0.1_eta_1",
        "lambda_0.1_eta_0.25",
        "lambda_3_eta_1",
        "lambda_3_eta_0.25",
    ]
    last = made[-1].settings
    assert (last.method.lambda_l0, last.method.eta) == (3.0, 0.25)
    assert last.train.log_dir == str(tmp_path / "lambda_3_eta_0.25")
    assert {read_state(run).kind for run in made} == {"missing"}
    assert not list(tmp_path.iterdir())


def test_a_value_given_twice_is_one_run(tmp_path):
    assert len(sweep.planned(tmp_path, GIVEN, [1.0, 1.0], [2.0])) == 1


def test_impossible_values_are_refused_before_training(tmp_path):
    with pytest.raises(UserError, match="--eta=-1.0 must be at least 0"):
        sweep.planned(tmp_path, GIVEN, [1.0], [1.0, -1.0])


def test_values_that_share_a_name_are_refused(tmp_path):
    with pytest.raises(UserError, match="lambda_1_eta_1 twice"):
        sweep.planned(tmp_path, GIVEN, [1.0, 1.0000001], [1.0])


def test_flags_say_every_setting_again(tmp_path):
    given = GIVEN | {"supervised": True, "data_dir": str(tmp_path)}
    [run] = sweep.planned(tmp_path, given, [1.0], [1e-7])
    again = resolve(CommandLine("").parse(list(run.flags)))
    assert to_values(again) == to_values(run.settings)
    assert again.method.eta == 1e-7
