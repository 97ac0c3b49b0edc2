import pytest

from tests.event_files import SCALARS
from xvat_tf.records import tags
from xvat_tf.settings import resolve, to_values
from xvat_tf.training.monitoring import overview


def chart_tags(layout):
    return [
        tag
        for category in layout.category
        for chart in category.chart
        for tag in chart.multiline.tag
    ]


def test_every_scalar_has_its_place_on_the_page():
    found = chart_tags(overview.layout(SCALARS))
    assert sorted(found) == sorted(f"^{tag}$" for tag in SCALARS)


def test_no_chart_without_points():
    layout = overview.layout({tags.ACCURACY, tags.BETA_1})
    assert chart_tags(layout) == ["^accuracy/top1$", "^optimizer/beta_1$"]
    titles = [category.title for category in layout.category]
    assert titles == ["Learning", "Optimizer and speed"]


@pytest.mark.parametrize(
    ("given", "present", "absent"),
    [
        ({"method": "mle"}, {"seed"}, {"eta", "epsilon", "lambda_l0"}),
        ({"method": "vat"}, {"eta", "epsilon"}, {"lambda_l0"}),
        ({"method": "xvat"}, {"eta", "mask_model"}, {"epsilon"}),
        (
            {"method": "vat", "supervised": True},
            {"epsilon"},
            {"ul_batch_size"},
        ),
    ],
)
def test_hparams_are_the_settings_that_act(given, present, absent):
    settings = resolve({"dataset": "digits", **given})
    found = overview.hyperparameters(settings)
    assert present <= set(found)
    assert not absent & set(found)
    assert found["method"] == given["method"]
    assert all(isinstance(v, bool | int | float | str) for v in found.values())


def test_text_holds_every_setting():
    settings = resolve({"dataset": "mnist", "method": "xvat"})
    lines = overview.settings_text(settings).splitlines()
    for name, value in to_values(settings).items():
        assert f"| {name} | {value} |" in lines
