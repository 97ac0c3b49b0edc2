"""Files of a stranger: links, pipes, devices, bombs, copies, odd names."""

import functools
import json
import os
import re
import shutil
import zipfile

import numpy as np

from tests.faults.fault import Fault
from tests.faults.scene import FLAGS
from xvat_tf.data import write_images

_MINE = b"of the user"
_ARRAYS = ("--dataset=arrays", "--arrays_file=run/mine.npz", "--network=mlp")
_SMALL = (*FLAGS[1:], "--num_epochs=1", "--num_labeled_examples=0")
_TRAIN_ARRAYS = ("train", *_ARRAYS, *_SMALL, "--log_dir=new")
_EVALUATE = ("evaluate", "--log_dir=run", "--finetune_iter=0")
_BEST = (*_EVALUATE, "--checkpoint=best")
_FIGURES = ("figures", "--runs=run", "--figure=5a,6,curves", "--out=pics")
# Files by the commands that read or write them.
_COMMANDS = {
    "settings.json": (_EVALUATE, _FIGURES, ("train", *FLAGS)),
    "settings.json.tmp": (("train", *FLAGS),),
    "metrics.jsonl": (_BEST, _FIGURES, ("train", *FLAGS)),
    "metrics.jsonl.tmp": (("train", *FLAGS),),
    "results.json": (_FIGURES, ("train", *FLAGS)),
    "results.json.tmp": (("train", *FLAGS),),
    "lock": (("train", *FLAGS),),
    "split.npz": (("train", *FLAGS),),
    "checkpoints/step-60.npz": (_EVALUATE, _BEST, ("train", *FLAGS)),
    "checkpoints/step-60.npz.tmp": (("train", *FLAGS),),
    "snapshots/step-60.npz": (_FIGURES, ("train", *FLAGS)),
    "train/events.out.tfevents.1.host.1.0.v2": (("train", *FLAGS),),
    "mine.npz": (_TRAIN_ARRAYS,),
    "streamed/images.npy": (_TRAIN_ARRAYS,),
    "streamed/images.json": (_TRAIN_ARRAYS,),
    "a.flags": (("train", "--flagfile=b.flags"),),
    "table3.json": (
        ("reproduce", "--table=3", "--render", "--results_dir=run"),
    ),
}

_ODD = (
    "\x1b[31mred",
    "<script>x",
    "![a](http://b)",
    "a|b",
    "\u202eevil",
    "`x`",
)


def _link(path, scene):
    path.symlink_to(scene.folder / "mine")


def _zeros(path, scene):
    path.symlink_to("/dev/zero")


def _pipe(path, scene):
    os.mkfifo(path)


def _folder(path, scene):
    path.mkdir()
    (path / "x").write_text("")


def _endless(path, scene):
    """A hole of a TiB takes no room."""
    path.touch()
    os.truncate(path, 2**40)


def _bomb(path, scene):
    """200 MB of zeros in 200 kB, for each array."""
    zeros = np.zeros(50_000_000, np.float32)
    np.savez_compressed(path.with_suffix(".npz"), sha256=zeros)
    os.replace(path.with_suffix(".npz"), path)


def _promise(path, scene):
    """Heads that promise 4 PB."""
    head = {"descr": "<f4", "fortran_order": False, "shape": (10**15,)}
    names = ("x_train", "y_train", "x_test", "y_test", "sha256", "progress")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            with archive.open(f"{name}.npy", "w") as file:
                np.lib.format.write_array_header_1_0(file, head)


_KINDS = {
    "a link to a file of the user": _link,
    "a link to /dev/zero": _zeros,
    "a pipe": _pipe,
    "a folder": _folder,
    "a file of a TiB": _endless,
    "a compressed bomb": _bomb,
    "heads of arrays that promise 4 PB": _promise,
}


def _prepare(scene):
    scene.finish()
    (scene.folder / "mine").write_bytes(_MINE)
    images = np.random.RandomState(0).rand(60, 8, 8, 1).astype(np.float32)
    labels = np.arange(60) % 3
    names = {"x_train": images, "y_train": labels}
    names |= {"x_test": images[:30], "y_test": labels[:30]}
    np.savez(scene.run / "mine.npz", **names)
    write_images(images, scene.run / "streamed")
    (scene.run / "a.flags").write_text("\n".join(FLAGS))
    (scene.folder / "b.flags").write_text("--flagfile=run/a.flags\n--seed=2")


def _replaced(make, scene):
    """One file is replaced; no command follows, waits or fills the memory."""
    _prepare(scene)
    # Another file for each kind.
    scene.random.seed(f"{make.__name__} {scene.random.random()}")
    name = scene.random.choice(list(_COMMANDS))
    command = scene.random.choice(_COMMANDS[name])
    if name.startswith("streamed"):
        command += ("--streaming", "--stream_dir=run/streamed")
    path = scene.run / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    make(path, scene)
    if name != "results.json" and command[0] == "train":
        (scene.run / "results.json").unlink()
    ended = scene.command(*command)
    assert (scene.folder / "mine").read_bytes() == _MINE, (name, command)
    return [ended]


def _copies(scene):
    """As Dropbox, Syncthing, Drive and a file manager name them."""
    scene.finish()
    (scene.run / "results.json").unlink()
    copies = []
    for path in [p for p in scene.run.rglob("*") if p.is_file()]:
        name = scene.random.choice(
            (
                f"{path.stem} (1){path.suffix}",
                f"{path.stem} (Ann's conflicted copy 2026-01-02){path.suffix}",
                f"{path.stem}.sync-conflict-20260102-030405-AB{path.suffix}",
                f"Copy of {path.name}",
                f"{path.name}~",
            )
        )
        copies.append(path.with_name(name))
        shutil.copy(path, copies[-1])
    (scene.run / "checkpoints/step-60.npz").unlink()
    command = scene.random.choice((("train", *FLAGS), _EVALUATE, _FIGURES))
    ended = scene.command(*command)
    assert ended.status == 0, ended.err
    assert all(copy.exists() for copy in copies), "a copy was deleted"
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
    *(
        Fault(
            f"{name} in the place of a file",
            functools.partial(_replaced, make),
            quick=int(make is _pipe),
            full=10,
        )
        for name, make in _KINDS.items()
    ),
    Fault("copies of every file of a run", _copies, quick=0, full=6),
    Fault(
        "terminal codes, HTML, Markdown and right-to-left text in names",
        _names,
        full=20,
    ),
)
