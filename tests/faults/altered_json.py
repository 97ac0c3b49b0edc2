"""JSON of strangers: keys and values that are gone, renamed, changed."""

import functools
import json

import numpy as np

from tests.faults.fault import Fault
from tests.faults.scene import FLAGS
from tests.processes import Ended
from xvat_tf.cluster import read_cluster
from xvat_tf.data.image_file import open_images
from xvat_tf.errors import UserError
from xvat_tf.files.arrays import digest
from xvat_tf.records import RunFolder, read_metrics
from xvat_tf.records.forms import Progress
from xvat_tf.reproduction import times

# fmt: off
_VALUES = (
    None, True, 0, 1, -1, 2**31, 2**63, -2**63, 10**400, 0.5, 1e308, -0.0,
    1e-320, float("nan"), "", "x", "\x1b[31mred", "<b>|*", "\ud800", "1" * 5000,
    "/dev/zero", "vat", "conv13", "tfds:mnist", [], {}, [1], [[]], {"a": 1},
    [2**70], [0] * 1000,
)
# fmt: on
_TEXTS = (
    lambda text, random: text[: random.randrange(len(text))],
    lambda text, random: text + "}",
    lambda text, random: "[" * 100_000,
    lambda text, random: text.replace("0", "NaN", 1),
    lambda text, random: "\ufeff" + text,
)
_OUT = ("--out=out", "--arrays_file=none")
_COMMANDS = (
    ("evaluate", "--log_dir=run", "--finetune_iter=0"),
    ("evaluate", "--log_dir=run", "--finetune_iter=0", "--checkpoint=best"),
    ("figures", "--runs=run,first", "--figure=6,curves", *_OUT),
    ("export", "--log_dir=run", *_OUT),
    ("audit", "--runs=run,first", "--num_images=20"),
    ("train", *FLAGS),
    ("train", *FLAGS),
)
_TIMED = {"network": "conv13", "name": "vat", "samples": [0.5, 1.0]}
_MEASURED = {
    "machine": {"cores": 2},
    "steps_per_epoch": {"conv13": 4},
    "steps": [_TIMED | {"ratio_to_vat": 1.0}],
}
_OTHERS = {
    "progress": {"step": 3, "windows": [[1, 0.5, {"a": None}]]},
    "kept": _MEASURED,
    "images": {"sha256": "0", "bytes": 132, "modified": 1},
    "cluster": {
        "cluster": {"chief": ["a:1"], "worker": ["b:1"]},
        "task": {"type": "worker", "index": 0},
    },
}


def altered(text: str, random) -> str:
    """One change of a JSON text, now and then of what is JSON of it."""
    if random.random() < 0.1:
        return random.choice(_TEXTS)(text, random)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):  # It was changed before.
        return text
    parent, key = random.choice(list(_places(content)))
    how = random.randrange(4)
    value = parent.pop(key) if how < 2 else None
    if how == 1 and isinstance(parent, dict):
        parent[random.choice(["", "x", f"{key} ", "\x1b[0m"])] = value
    elif how > 1:
        parent[key] = random.choice(_VALUES)
    return json.dumps(content)


def _places(content):
    keys = content if isinstance(content, dict) else range(len(content))
    for key in list(keys):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _places(content[key])


def _alter(path, random):
    """Of a file with a JSON in each line, one line."""
    lines = path.read_text().splitlines(keepends=path.suffix == ".jsonl")
    if path.suffix != ".jsonl":
        lines = ["".join(lines)]
    number = random.randrange(len(lines))
    lines[number] = altered(lines[number], random) + "\n"
    path.write_text("".join(lines))


def _progress(path, random):
    with np.load(path) as file:
        content = {name: file[name] for name in file.files}
    del content["sha256"]
    text = altered(content["progress"].item(), random)
    content["progress"] = np.array(text)
    np.savez(path, sha256=np.array(digest(content)), **content)


def _run_folder(name, scene):
    scene.finish()
    (scene.folder / "first").symlink_to(scene.undisturbed)
    command = scene.random.choice(_COMMANDS)
    if command[0] == "train" and name != "results.json":
        (scene.run / "results.json").unlink()
    for _ in range(scene.random.choice((1, 1, 1, 3))):
        if name:
            _alter(scene.run / name, scene.random)
        else:
            _progress(scene.checkpoints()[0], scene.random)
    return [scene.command(*command)]


def _times(scene):
    path = scene.folder / "measured.json"
    path.write_text(altered(json.dumps(_MEASURED), scene.random))
    flags = ("--table=3", f"--benchmark_json={path}", "--results_dir=results")
    return [scene.command("reproduce", *flags)]


def _readers(scene):
    """Every reader, in this process: nothing but what it says of a file."""
    run, random = RunFolder(scene.undisturbed), scene.random
    np.save(scene.folder / "images.npy", np.zeros((1, 2, 2), np.uint8))
    ends = []
    for _ in range(50):
        texts = {k: altered(json.dumps(v), random) for k, v in _OTHERS.items()}
        for name in ("settings.json", "results.json", "metrics.jsonl"):
            text = (run.path / name).read_text().splitlines()
            text = "".join(text if name != "metrics.jsonl" else text[:1])
            (scene.folder / name).write_text(altered(text, random) + "\n")
        (scene.folder / "images.json").write_text(texts["images"])
        (scene.folder / times.KEPT).write_text(texts["kept"])
        here = RunFolder(scene.folder)
        for read in (
            here.read_settings,
            here.results,
            lambda here=here: read_metrics(here),
            lambda: open_images(scene.folder),
            lambda: times.write_times(scene.folder),
            lambda texts=texts: read_cluster({"TF_CONFIG": texts["cluster"]}),
            lambda texts=texts: Progress.from_json(texts["progress"]),
        ):
            try:
                read()
                ends.append(Ended(0, "", ""))
            except UserError as error:
                ends.append(Ended(2, "", f"error: {error}\n"))
    return ends


FAULTS = tuple(
    Fault(
        f"JSON altered at random: {name}",
        happen,
        # The readers alone are quicker than commands.
        quick=int(happen is _readers or name == "settings.json"),
        full=full,
    )
    for name, happen, full in (
        *(
            (name or "progress in a checkpoint", happen, full)
            for name, full in (
                ("settings.json", 40),
                ("metrics.jsonl", 24),
                ("results.json", 16),
                ("", 24),
            )
            for happen in [functools.partial(_run_folder, name)]
        ),
        ("measured times", _times, 15),
        ("all, by their readers alone", _readers, 20),
    )
)
