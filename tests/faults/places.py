"""Paths that a user names, and names that would be more than names."""

import json
import os
import re
import stat

from tests.faults.fault import Fault
from xvat_tf.files import TEMPORARY

_JSON = (
    ("evaluate", "--log_dir=run", "--finetune_iter=0", "--json={}"),
    ("audit", "--runs=run", "--num_images=20", "--json={}"),
)
_FOLDERS = (
    ("figures", "--runs=run", "--figure=curves", "--out={}"),
    ("export", "--log_dir=run", "--out={}"),
    ("reproduce", "--table=3", "--render", "--results_dir={}"),
)
_MINE = "of the user"
_ODD = (
    "\x1b[31mred",
    "<script>x",
    "![a](http://b)",
    "a|b",
    "\u202eevil",
    "`x`",
)


def _a_file(scene):
    """Devices, links, files of another mode, and what must not be touched."""
    scene.finish()
    (scene.folder / "mine.json").write_text(_MINE)
    os.chmod(scene.folder / "mine.json", 0o604)
    (scene.folder / f"mine.json{TEMPORARY}").write_text(_MINE)
    (scene.folder / "link.json").symlink_to("mine.json")
    (scene.folder / "loop").symlink_to("loop")
    (scene.folder / "new").symlink_to("not-there")
    before = {n: stat.S_IFMT(os.stat(n).st_mode) for n in _DEVICES}
    files = scene.files()
    path = scene.random.choice(
        (*_DEVICES, "mine.json", "link.json", "loop", "new", ".", "a/b.json")
        + ("run/metrics.jsonl", "run/checkpoints/x", f"{'x' * 255}", "\udcff")
    )
    command = scene.random.choice(_JSON)
    ended = scene.command(*(word.format(path) for word in command))
    assert before == {n: stat.S_IFMT(os.stat(n).st_mode) for n in _DEVICES}
    assert files == scene.files(), "the run folder changed"
    assert (scene.folder / "link.json").is_symlink()
    mode = stat.S_IMODE(os.stat(scene.folder / "mine.json").st_mode)
    assert mode == 0o604
    assert (scene.folder / f"mine.json{TEMPORARY}").read_text() == _MINE
    text = (scene.folder / "mine.json").read_text()
    assert text == _MINE or json.loads(text)
    return [ended]


_DEVICES = ("/dev/null", "/dev/full")


def _a_folder(scene):
    scene.finish()
    taken = scene.folder / "taken"
    taken.mkdir(0o705)
    names = ("table3.md", "curves-digits.png", "classifier.keras")
    mine = {taken / f"{name}{TEMPORARY}" for name in names}
    mine |= {taken / "notes.txt"}
    for path in mine:
        path.write_text(_MINE)
    (scene.folder / "file").write_text(_MINE)
    (scene.folder / "link").symlink_to("taken")
    files = scene.files()
    path = scene.random.choice(
        ("taken", "link", "file", "file/x", "run/checkpoints", "run/train")
        + (*_DEVICES, "a/b/c", "x" * 255, "/proc/nothing", "\udcff")
    )
    command = scene.random.choice(_FOLDERS)
    ended = scene.command(*(word.format(path) for word in command))
    assert files == scene.files(), "the run folder changed"
    assert all(one.read_text() == _MINE for one in mine), "a file is gone"
    assert (scene.folder / "file").read_text() == _MINE
    assert (scene.folder / "link").is_symlink()
    assert stat.S_IMODE(taken.stat().st_mode) == 0o705
    return [ended]


def _names(scene):
    """In a run's files, its folder's name, measured times, flagfiles."""
    scene.finish()
    odd = scene.random.choice(_ODD)
    record = json.loads((scene.run / "settings.json").read_text())
    key = scene.random.choice(("dataset", "network", "device", "ascent", odd))
    where = scene.random.choice((record["versions"], record["settings"]))
    where[key] = odd
    record["versions"]["keras"] = odd
    (scene.run / "settings.json").write_text(json.dumps(record))
    folder = scene.folder / f"run {odd.replace('/', '')}"
    scene.run.rename(folder)
    timed = {"network": "conv13", "samples": [1.0], "name": odd}
    times = {"machine": {odd: odd}, "steps_per_epoch": {"conv13": 1}}
    times["steps"] = [timed | {"ratio_to_vat": None}]
    (scene.folder / f"{odd[:4]}.json").write_text(json.dumps(times))
    command = scene.random.choice(
        (
            ("evaluate", f"--log_dir={folder}", "--finetune_iter=0"),
            ("figures", f"--runs={folder}", "--figure=curves,6"),
            ("train", f"--flagfile={odd}", f"--{odd}={odd}"),
            ("train", f"--dataset=tfds:{odd}", f"--data_dir={odd}"),
            ("reproduce", "--table=3", "--results_dir=out")
            + (f"--benchmark_json={scene.folder / odd[:4]}.json",),
        )
    )
    ended = scene.command(*command)
    for path in scene.folder.glob("out/*.md"):
        found = re.search(r"\x1b|<script|\]\(|a\|b", path.read_text())
        assert not found, found
    return [ended]


FAULTS = (
    Fault(
        "`--json` at devices, links, others' modes, a run's own files",
        _a_file,
        full=15,
    ),
    Fault("`--out` and `--results_dir` likewise", _a_folder, quick=0, full=15),
    Fault(
        "terminal codes, HTML, Markdown and right-to-left text in names",
        _names,
        full=20,
    ),
)
