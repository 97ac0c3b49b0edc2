"""The export command: what it writes loads elsewhere, and how it fails."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from xvat_tf.records import RunFolder

_ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def exported(trained, commands_in, tmp_path_factory):
    """An export of the tiny run. Read only."""
    folder = tmp_path_factory.mktemp("export") / "exported"
    ended = commands_in(folder.parent).called(
        "export", f"--log_dir={trained.folder}", "--out=exported"
    )
    assert ended.err == ""
    names = [line.partition("/")[2] for line in ended.out.splitlines()]
    assert names == sorted(path.name for path in folder.iterdir())
    return folder


@pytest.fixture(scope="module")
def expected(trained):
    """Test images as stored, and the run's logits of them."""
    from sklearn.datasets import load_digits

    from xvat_tf import training

    folder = RunFolder(trained.folder)
    restored = training.restore(folder.read_settings(), folder, "latest")
    levels = load_digits().images[1297:, ..., np.newaxis]
    pixels = np.rint(levels * 255 / 16).astype(np.uint8)
    return pixels, restored.classifier(restored.data.test_images).numpy()


def _code(exported):
    card = (exported / "README.md").read_text()
    return re.findall(r"```python\n(.*?)```", card, re.S)


def test_both_files_in_a_fresh_process(
    exported, expected, tmp_path, monkeypatch
):
    """By the card's code; the SavedModel needs no xvat_tf."""
    pixels, logits = expected
    np.save(tmp_path / "pixels.npy", pixels)
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    saved_model, keras_file = _code(exported)
    save = "\nnp.save({!r}, logits(np.load({!r})))\n"
    files = [str(tmp_path / f"{name}.npy") for name in ("one", "two", "pixels")]
    parts = [
        *("import sys\nsys.modules['xvat_tf'] = None\n", saved_model),
        *(save.format(files[0], files[2]), "del sys.modules['xvat_tf']\n"),
        *(keras_file, save.format(files[1], files[2])),
    ]
    ended = subprocess.run(
        [sys.executable, "-c", "".join(parts)],
        cwd=exported,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    for file in files[:2]:
        np.testing.assert_allclose(np.load(file), logits, rtol=1e-5, atol=1e-5)


def test_the_card_has_the_run_s_numbers(exported, trained):
    results = json.loads((trained.folder / "results.json").read_text())
    card = (exported / "README.md").read_text()
    assert f"{results['final_accuracy']:.2%}" in card
    assert f"{results['final_nll']:.4f}" in card
    assert "On the 500 test images of digits, at step 300." in card
    assert "50 labels and 1,297 unlabeled images" in card
    assert str(trained.folder) not in card


def test_a_taken_folder_is_refused(commands, trained):
    (commands.folder / "out").mkdir()
    (commands.folder / "out" / "mine").write_text("")
    flags = (f"--log_dir={trained.folder}", "--out=out")
    line = commands.refused("export", *flags)
    assert line.startswith("--out=out is not empty")


def test_a_run_without_a_readable_checkpoint(commands, trained):
    run = shutil.copytree(trained.folder, commands.folder / "run")
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    line = commands.refused("export", "--log_dir=run", "--out=out")
    assert line.startswith("no checkpoint in run/checkpoints can be read")
    shutil.rmtree(run / "checkpoints")
    line = commands.refused("export", "--log_dir=run", "--out=out")
    assert line.startswith("run has no checkpoint yet")
    assert not (commands.folder / "out").exists()
