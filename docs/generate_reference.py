"""Writes docs/reference.md from the docstrings of the public names.

python docs/generate_reference.py
"""

import dataclasses
import inspect
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import xvat_tf  # noqa: E402
from xvat_tf.settings import groups  # noqa: E402

PAGE = ROOT / "docs/reference.md"
# Every public name is in one group.
GROUPS = {
    "Training": ("Trainer", "explain"),
    "Methods": ("Mle", "At", "Vat", "VatEnt", "XAt", "XVat"),
    "Perturbations": (
        "virtual_adversarial_perturbation",
        "perturbation_against_prediction",
        "adversarial_perturbation",
        "HardConcrete",
        "apply_mask",
        "mask_divergence",
        "divergence",
        "kl_divergence",
        "cross_entropy",
        "entropy",
        "TrainingPasses",
    ),
    "Objectives": (
        "MaximumLikelihood",
        "AdversarialTraining",
        "VirtualAdversarialTraining",
        "VatWithEntropy",
        "AdversarialMasks",
        "VirtualMasks",
    ),
    "Models": (
        "InductiveGenerator",
        "MaskTable",
        "BatchNorm",
        "build_classifier",
        "build_generator",
    ),
    "Data": ("prepare", "training_stream", "write_shards"),
    "Settings": ("resolve", "Settings"),
    "Errors": ("UserError",),
}
_INTRODUCTION = """\
# Reference

Made from the docstrings by `python docs/generate_reference.py`; a test holds
both to each other. All names are those of `import xvat_tf`.
"""
_SECTION = re.compile(r"([A-Z][a-z]+(?: [a-z]+)?):")
_ITEM = re.compile(r"(\*{0,2}\w[\w, *]*): (.*)")


def reference() -> str:
    """The whole page."""
    named = [name for names in GROUPS.values() for name in names]
    if sorted(named) != sorted(xvat_tf.__all__):
        odd = set(named) ^ set(xvat_tf.__all__)
        raise SystemExit(f"give a place in GROUPS to {', '.join(sorted(odd))}")
    parts = [_INTRODUCTION]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_entry(name, getattr(xvat_tf, name)) for name in names]
        if title == "Settings":
            parts += [_table(group) for group in groups.GROUPS.values()]
    return "\n".join(parts)


def _entry(name, thing):
    """Heading, signature and docstring of a function or a class."""
    parts = [f"### {name}\n", _signature(name, thing), text(thing.__doc__)]
    if inspect.isclass(thing):
        parts += [
            f"#### {name}.{method}\n\n"
            + _signature(method, function)
            + "\n"
            + text(function.__doc__)
            for method, function in _own_methods(thing)
        ]
    return "\n".join(parts)


def _own_methods(thing):
    """Public methods that the class itself defines and describes."""
    return [
        (name, function)
        for name, function in vars(thing).items()
        if inspect.isfunction(function)
        and not name.startswith("_")
        and function.__doc__
    ]


def _signature(name, thing):
    shown = inspect.signature(thing)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in shown.parameters.values()
        if parameter.name != "self"
    ]
    shown = shown.replace(
        parameters=bare, return_annotation=inspect.Signature.empty
    )
    line = f"{name}{shown}"
    if len(line) > 78:
        inside = "".join(f"    {part},\n" for part in _arguments(bare))
        line = f"{name}(\n{inside})"
    return f"```text\n{line}\n```\n"


def _arguments(parameters):
    """Parameters as text, with the star before those that need a name."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    starred = any(
        p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters
    )
    for parameter in parameters:
        if parameter.kind is keyword and not starred:
            starred = True
            yield "*"
        yield str(parameter)


def text(docstring: str) -> str:
    """A docstring as Markdown: its sections with their items as lists."""
    title, body, found = "", [], []
    for line in [*inspect.cleandoc(docstring).splitlines(), "End:"]:
        section = _SECTION.fullmatch(line)
        if section is None:
            body.append(line)
            continue
        found.append(_section(title, "\n".join(body)))
        title, body = section[1], []
    return "\n".join(part for part in found if part)


def _section(title, body):
    body = inspect.cleandoc("\n" + body).strip()
    if not body:
        return ""
    if not title:
        return body + "\n"
    if title == "Example":
        return f"**{title}**\n\n```text\n{body}\n```\n"
    listed = _ITEM.match(body) and title != "Returns"
    return f"**{title}**\n\n{_items(body) if listed else body}\n"


def _items(body):
    """`name: text` with its indented lines, as a list."""
    lines = []
    for line in body.splitlines():
        item = _ITEM.match(line)
        lines.append(f"- `{item[1]}`: {item[2]}" if item else _continued(line))
    return "\n".join(lines)


def _continued(line):
    return "  " + line.strip() if line.strip() else ""


def _table(group):
    """The settings of one group: name, default, help."""
    rows = [
        f"| `{field.name}` | `{field.default!r}` | {_cell(field.metadata)} |"
        for field in dataclasses.fields(group)
    ]
    title = f"### {group.__name__}\n\n{text(group.__doc__)}"
    head = "| setting | default | |\n| --- | --- | --- |\n"
    return title + "\n" + head + "\n".join(rows) + "\n"


def _cell(metadata):
    choices = metadata["choices"]
    one_of = f" One of {', '.join(choices)}." if choices else ""
    return (metadata["help"] + one_of).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(reference())
