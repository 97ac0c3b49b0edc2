import pytest

from xvat_tf.exporting.words import acting
from xvat_tf.settings import resolve
from xvat_tf.settings.groups import METHODS


@pytest.mark.parametrize("method", METHODS)
def test_what_acts_is_a_setting_of_the_method(method):
    settings = resolve({"dataset": "digits", "method": method}).method
    assert all(hasattr(settings, name) for name in acting(settings))


@pytest.mark.parametrize("method", ["vat", "vatent"])
def test_xi_acts_on_the_power_iteration_alone(method):
    def names(direction):
        given = {"method": method, "direction": direction}
        return acting(resolve({"dataset": "digits"} | given).method)

    assert names("power_iteration")[-2:] == ["xi", "num_power_iterations"]
    assert names("against_prediction") == ["eta", "epsilon", "direction"]
