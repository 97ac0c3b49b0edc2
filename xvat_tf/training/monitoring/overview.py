"""What a run writes once: settings as text, hparams, page layout."""

from collections.abc import Collection

import tensorflow as tf
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import summary as custom_scalar
from tensorboard.plugins.hparams import api_pb2, summary_v2
from tensorboard.plugins.hparams import summary as hparams_summary

from xvat_tf.records import tags
from xvat_tf.settings import Settings, to_values
from xvat_tf.settings.groups import option_groups
from xvat_tf.training.monitoring.events import EventFiles, write_summary

# TensorBoard puts those that differ between runs first.
_HPARAMS = (
    "dataset",
    "method",
    "supervised",
    "num_labeled_examples",
    "network",
    "learning_rate",
    "batch_size",
    "num_epochs",
    "seed",
    "dataset_seed",
)
_LAYOUT = {
    "Learning": {
        "accuracy": (tags.ACCURACY,),
        "accuracy with averaged weights": (tags.AVERAGED_ACCURACY,),
        "cross entropy": (tags.CROSS_ENTROPY,),
        "cross entropy with averaged weights": (tags.AVERAGED_CROSS_ENTROPY,),
        "total loss": (tags.TOTAL,),
    },
    "Perturbation": {
        "loss on the perturbed images": (tags.PERTURBED,),
        "L2 norm of the perturbation": (tags.NORM,),
        "entropy": (tags.ENTROPY,),
        "share of pixels kept: expected L0, drawn masks": (
            tags.EXPECTED_L0,
            tags.KEPT,
        ),
        "roughness of the masks": (tags.ROUGHNESS,),
        "gradient norm of the generator": (tags.GENERATOR_GRADIENT_NORM,),
    },
    "Optimizer and speed": {
        "learning rate of the classifier": (tags.LEARNING_RATE,),
        "learning rate of the generator": (tags.GENERATOR_LEARNING_RATE,),
        "beta 1": (tags.BETA_1,),
        "steps per second": (tags.STEPS_PER_SECOND,),
    },
}


def write_overview(
    events: EventFiles,
    settings: Settings,
    run_name: str,
    scalar_tags: Collection[str],
) -> None:
    """Writes settings, layout and hparams; once, when a run begins.

    The hparams lie in `test/`, so that the last accuracy there is the run's
    in the HPARAMS tab. Only `scalar_tags`, which the run writes, get a chart.
    """
    write_settings(events, settings, 0)
    with events.train(step=0):
        write_summary(custom_scalar.pb(layout(scalar_tags)))
    with events.test(step=0):
        summary_v2.hparams(hyperparameters(settings), trial_id=run_name)


def write_settings(events: EventFiles, settings: Settings, step: int) -> None:
    """Writes every setting as text; again where a run gets more epochs."""
    with events.train(step):
        tf.summary.text(tags.SETTINGS_TEXT, settings_text(settings))


def write_end(events: EventFiles) -> None:
    """Marks a run as finished in the HPARAMS tab."""
    with events.test(step=0):
        write_summary(
            hparams_summary.session_end_pb(
                api_pb2.Status.Value("STATUS_SUCCESS")
            )
        )


def settings_text(settings: Settings) -> str:
    """Every setting in Markdown, a table for each group."""
    values = to_values(settings)
    return "\n\n".join(
        f"**{group}**\n\n| setting | value |\n| --- | --- |\n"
        + "\n".join(f"| {n} | {values[n]} |" for n in options if n in values)
        for group, options in option_groups().items()
    )


def hyperparameters(settings: Settings) -> dict:
    """The settings by which runs are compared, if they do something."""
    names = list(_HPARAMS)
    if settings.uses_unlabeled:
        names.append("ul_batch_size")
    values = to_values(settings)
    return {name: values[name] for name in names} | settings.method.acting()


def layout(scalar_tags: Collection[str]) -> layout_pb2.Layout:
    """The page of the CUSTOM SCALARS tab, without charts that stay empty.

    The same chart of several runs is one chart there: they merge if they are
    equal.
    """
    return layout_pb2.Layout(
        category=[
            layout_pb2.Category(title=title, chart=charts)
            for title, titles in _LAYOUT.items()
            if (charts := _charts(titles, scalar_tags))
        ]
    )


def _charts(titles, scalar_tags):
    return [
        layout_pb2.Chart(
            title=title,
            # TensorBoard reads regular expressions.
            multiline=layout_pb2.MultilineChartContent(
                tag=[f"^{tag}$" for tag in chart_tags]
            ),
        )
        for title, chart_tags in titles.items()
        if set(chart_tags) & set(scalar_tags)
    ]
