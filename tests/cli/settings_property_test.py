"""Any values either make settings that survive JSON, or one line of error."""

import dataclasses
import json
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xvat_tf.errors import UserError
from xvat_tf.settings import differences, from_values, resolve, to_values
from xvat_tf.settings.groups import GROUPS

_KINDS = {
    int: st.integers(-2, 2**33),
    float: st.floats() | st.floats(0.01, 0.99),
    bool: st.booleans(),
    str: st.text(max_size=5),
}


def _values():
    """A strategy per setting name."""
    result = {}
    for group in GROUPS.values():
        types = typing.get_type_hints(group)
        for field in dataclasses.fields(group):
            sizes = st.lists(st.integers(-1, 99), max_size=3).map(tuple)
            values = _KINDS.get(types[field.name], sizes)
            choices = field.metadata["choices"]
            if choices:
                values = st.sampled_from((*choices, "nonsense"))
            result[field.name] = st.just(field.default) | values
    return result


def _few(values):
    """Few names at a time: with all at once everything would fail."""
    names = st.sets(st.sampled_from(sorted(values)), max_size=4)
    return names.flatmap(
        lambda chosen: st.fixed_dictionaries({n: values[n] for n in chosen})
    )


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(_few(_values()))
def test_resolves_or_explains(chosen):
    try:
        resolved = resolve(chosen)
    except UserError as error:
        assert str(error) and "\n" not in str(error)
        return
    values = to_values(resolved)
    restored = from_values(json.loads(json.dumps(values)), "settings.json")
    assert restored == resolved
    assert differences(restored, resolved) == []
    assert {name: _plain(value) for name, value in chosen.items()} == {
        name: values[name] for name in chosen
    }


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def test_every_data_set_and_method_has_sound_defaults():
    for dataset in ("moons", "circles", "digits", "mnist", "svhn", "cifar100"):
        for method in ("baseline", "at", "vat", "vatent", "xat", "xvat"):
            for supervised in (False, True):
                resolved = resolve(
                    {
                        "dataset": dataset,
                        "method": method,
                        "supervised": supervised,
                    }
                )
                assert resolved.data.dataset == dataset


def test_settings_of_another_version_are_refused():
    values = to_values(resolve({}))
    values["temperature"] = values.pop("beta")
    with pytest.raises(UserError, match="run/settings.json.*beta, temperature"):
        from_values(values, "run/settings.json")
