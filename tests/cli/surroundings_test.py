"""What surrounds the process: Keras' settings, threads, odd folder names."""

import json
import os
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

from tests import run_folders
from tests.cli.conftest import small_flags
from tests.source_tree import ROOT
from xvat_tf import command_line, machine, train
from xvat_tf.analysis.figures import style
from xvat_tf.analysis.missing import Missing
from xvat_tf.analysis.runs import find
from xvat_tf.data.sources import data_folder
from xvat_tf.errors import UserError
from xvat_tf.models import build_classifier
from xvat_tf.settings import NetworkSettings

_ODD_KERAS = {
    "backend": "jax",
    "floatx": "float64",
    "epsilon": 0.5,
    "image_data_format": "channels_first",
}
_SHORT = (
    "--dataset=digits",
    "--method=mle",
    "--hidden_sizes=8",
    "--batch_size=10",
    "--num_epochs=1",
    "--num_iter_per_epoch=3",
    "--panel_freq=0",
)


def test_settings_of_keras_change_nothing(runs, commands):
    (commands.folder / "keras.json").write_text(json.dumps(_ODD_KERAS))
    odd = {
        "KERAS_HOME": str(commands.folder),
        "KERAS_BACKEND": "jax",
        "KERAS_MAX_EPOCHS": "1",
        "KERAS_MAX_STEPS_PER_EPOCH": "1",
        "TF_USE_LEGACY_KERAS": "1",
    }
    flags = small_flags("digits-mle")
    ended = commands.fresh("train", *flags, "--log_dir=run", environment=odd)
    assert (ended.status, ended.err) == (0, "")
    run_folders.assert_same(commands.folder / "run", runs / "digits-mle")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"KERAS_BACKEND": "no_such"}, "KERAS_BACKEND=tensorflow"),
        ({"KERAS_MAX_EPOCHS": "many"}, "many"),
    ],
)
def test_a_program_of_the_user_gets_one_line(environment, said, tmp_path):
    code = (
        "import xvat_tf\n"
        "try: xvat_tf.Vat, xvat_tf.Trainer\n"
        "except xvat_tf.UserError as error: print(error)"
    )
    (tmp_path / "file").touch()  # Not even root can make a folder in it.
    environment = environment | {"KERAS_HOME": str(tmp_path / "file/keras")}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment, "HOME": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert said in ended.stdout and ended.stdout.count("\n") == 1


def test_another_backend_is_named(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "torch")
    with pytest.raises(UserError, match="Keras runs on torch here"):
        machine.require_tensorflow()


def test_networks_have_their_own_order_of_axes():
    images = np.linspace(-0.5, 0.5, 2 * 12 * 14 * 3).reshape(2, 12, 14, 3)

    def logits():
        settings = NetworkSettings(network="conv13", width=0.02)
        return build_classifier(settings, images.shape[1:], 4, 1)(images)

    expected = logits()
    keras.config.set_image_data_format("channels_first")
    try:
        np.testing.assert_array_equal(logits(), expected)
    finally:
        keras.config.set_image_data_format("channels_last")


def test_training_runs_in_a_thread(tmp_path):
    found = []
    flags = [*_SHORT, f"--log_dir={tmp_path / 'run'}"]
    thread = threading.Thread(target=lambda: found.append(train.main(flags)))
    thread.start()
    thread.join()
    assert found == [0]


@pytest.mark.parametrize("name", ["run [1]", "run*", "a?b", "[ab]"])
def test_a_folder_is_found_by_its_name_whatever_it_is(tmp_path, name):
    missing = Missing()
    for other in (name, "run 1", "a"):
        (tmp_path / other).mkdir()
    assert find([str(tmp_path / name)], missing) == [tmp_path / name]
    assert not missing.lines


def test_prepared_data_lie_where_tensorflow_datasets_looks(monkeypatch):
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    assert str(data_folder("~/tensorflow_datasets")) == "/h/tensorflow_datasets"
    monkeypatch.setenv("TFDS_DATA_DIR", "~/sets")
    assert str(data_folder("~/tensorflow_datasets")) == "/h/sets"
    assert str(data_folder("/given")) == "/given"


def test_settings_of_matplotlib_change_nothing(monkeypatch):
    """A variable of notebooks, a file of the current folder."""
    monkeypatch.setenv("MPLBACKEND", "bogus")
    with pytest.raises(SystemExit):
        command_line.run(lambda argv: None)
    assert os.environ["MPLBACKEND"] == "agg"
    import matplotlib

    with matplotlib.rc_context({"savefig.dpi": 9, "lines.linestyle": ":"}):
        with style.applied():
            found = matplotlib.rcParams
            assert (found["savefig.dpi"], found["font.size"]) == ("figure", 11)
            assert found["lines.linestyle"] == "-"
        assert matplotlib.rcParams["savefig.dpi"] == 9


@pytest.mark.parametrize("name", ["größe".encode(), b"run-\xff", b"x" * 300])
def test_a_locale_of_ascii_has_its_line_too(name):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = subprocess.run(
        [sys.executable, "-m", "xvat_tf.evaluate", b"--log_dir=" + name],
        cwd=ROOT,
        env={"HOME": str(ROOT), **ascii_only},
        capture_output=True,
    )
    assert ended.returncode == 2
    assert ended.stderr.isascii() and ended.stderr.count(b"\n") == 1
