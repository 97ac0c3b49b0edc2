"""What a method says of itself is all that the rest of the program knows."""

import dataclasses
import importlib

import pytest

import xvat_tf
from xvat_tf import methods
from xvat_tf.command_line import help_text
from xvat_tf.methods import METHODS
from xvat_tf.option import option, options
from xvat_tf.settings import identity, idle, resolve, to_values
from xvat_tf.settings.groups import option_groups

CASES = {
    f"{name}{suffix}": {"dataset": "digits", "method": name, **given}
    for name, method in METHODS.items()
    for suffix, given in method.variants.items()
}
every_method = pytest.mark.parametrize("name", METHODS)
every_case = pytest.mark.parametrize("given", CASES.values(), ids=CASES)


@every_method
def test_the_public_name_is_the_class_and_its_objective_exists(name):
    method = METHODS[name]
    assert getattr(xvat_tf, method.__name__) is method
    module, _, objective = method.objective.partition(":")
    assert hasattr(importlib.import_module(module), objective)


@every_case
def test_flags_make_the_method_and_nothing_else_does(given):
    settings = resolve(given)
    assert type(settings.method) is METHODS[given["method"]]
    values = to_values(settings)
    others = set(methods.method_options()) - set(options(settings.method))
    assert not others & set(values)
    assert values["method"] == given["method"]


@every_case
def test_all_options_but_those_switched_off_act(given):
    method = resolve(given).method
    off = set(options(method)) - set(method.acting())
    assert {options(method)[name].only is not None for name in off} <= {True}
    if given["method"].startswith("x"):
        layers = {"generator_layers", "generator_filters"}
        assert layers <= (off if method.has_table else set(method.acting()))


def test_xi_acts_on_the_power_iteration_alone():
    probing = {"xi", "num_power_iterations"}
    assert probing <= set(methods.Vat(epsilon=1.0).acting())
    without = methods.Vat(epsilon=1.0, direction="against_prediction")
    assert without.acting() == {
        "eta": 1.0,
        "regularised": "unlabeled",
        "epsilon": 1.0,
        "direction": "against_prediction",
    }
    assert without.probing_length is None


def test_growth_acts_on_a_perturbation_with_a_size():
    growth, step = {"growth_start", "growth_steps"}, {"mask_step_target"}
    drawn = methods.XVat(growth_steps=10)
    assert not (growth | step) & set(drawn.acting())
    stepped = methods.XVat(mask_step=1.0)
    assert step <= set(stepped.acting())
    assert not growth & set(stepped.acting())
    for method in (
        methods.XVat(mask_step=1.0, growth_steps=10),
        methods.Vat(epsilon=1.0, growth_steps=10),
    ):
        assert growth <= set(method.acting())


def test_a_step_against_the_label_has_no_target():
    assert "mask_step_target" not in methods.XAt(mask_step=1.0).acting()
    against = methods.XAt(mask_step=1.0, xat_target="prediction")
    assert "mask_step_target" in against.acting()


def test_options_that_do_nothing_are_named():
    given = {"method": "vat", "beta": 0.5, "seed": 2, "xi": 0.1}
    assert idle(resolve(given), given) == ["beta"]
    given |= {"direction": "against_prediction"}
    assert idle(resolve(given), given) == ["beta", "xi"]


def test_options_that_do_nothing_are_checked_all_the_same():
    with pytest.raises(xvat_tf.UserError, match="--beta=-1.0 must be above 0"):
        resolve({"method": "vat", "beta": -1.0})


def test_a_table_learns_faster_than_a_generator_by_default():
    assert methods.XVat().generator_learning_rate == 1e-6
    table = methods.XAt(mask_model="transductive")
    assert table.generator_learning_rate == 1e-3
    assert table.has_table and not methods.Vat(epsilon=1.0).has_table


def test_one_flag_says_whose_it_is_and_each_default():
    eta = option_groups()["method"]["eta"]
    smooth = "vat, vatent, xvat, xvatent"
    assert eta.text == (
        "at, xat: Weight of the perturbed cross entropy."
        f" {smooth}: Weight of the local smoothness."
    )
    told = help_text.describe_default("eta", eta)
    assert told == f"0.5; 1 for {smooth}"
    assert eta.at_least == 0


def test_a_method_checks_what_it_is_called_with():
    with pytest.raises(xvat_tf.UserError, match=r"^epsilon=0 must be above 0"):
        xvat_tf.At(epsilon=0)
    with pytest.raises(TypeError, match="epsilon"):
        xvat_tf.Vat()
    with pytest.raises(xvat_tf.UserError, match=r"^eta=2 with method=at is"):
        xvat_tf.At(epsilon=1, eta=2)
    with pytest.raises(xvat_tf.UserError, match=r"^--eta=2 with --method=at"):
        resolve({"method": "at", "eta": 2})


def test_a_later_option_gives_no_run_another_name(monkeypatch):
    before = identity(resolve({"dataset": "digits"}))

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Later(methods.Vat):
        later: float = option(0.5, "New.", above=0)

    monkeypatch.setitem(METHODS, "vat", Later)
    assert "later" in to_values(resolve({"dataset": "digits"}))
    assert identity(resolve({"dataset": "digits"})) == before
    assert identity(resolve({"dataset": "digits", "later": 0.1})) != before


def test_two_methods_agree_on_the_type_of_a_flag(monkeypatch):
    monkeypatch.setattr(methods.registry, "METHODS", dict(METHODS))

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Strange(methods.Method):
        name = "strange"
        norm: int = option(2, "A number.")

    with pytest.raises(xvat_tf.UserError, match="norm of strange is int"):
        methods.register(Strange)
