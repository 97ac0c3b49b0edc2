"""A method, a data set and a network of one file go through every command."""

import json

import pytest

from tests import event_files, toy_parts
from xvat_tf import benchmark, evaluate, export, figures, train
from xvat_tf.datasets import DATASETS
from xvat_tf.errors import UserError
from xvat_tf.methods import METHODS
from xvat_tf.networks import NETWORKS
from xvat_tf.records import RunFolder, tags
from xvat_tf.settings import resolve
from xvat_tf.training.monitoring.overview import hyperparameters


@pytest.fixture(scope="module")
def toys():
    """The toys, known to every command while these tests run."""
    toy_parts.register()
    yield
    del METHODS["jitter"], DATASETS["stripes"], NETWORKS["tiny"]


@pytest.fixture(scope="module")
def run(toys, tmp_path_factory):
    """A run folder of all three."""
    folder = tmp_path_factory.mktemp("toys") / "run"
    flags = ["--dataset=stripes", "--method=jitter", "--weight=0.5"]
    assert train.main([*flags, f"--log_dir={folder}"]) == 0
    return folder


def test_it_is_trained_and_recorded(run):
    settings = RunFolder(run).read_settings()
    assert settings.method == toy_parts.Jitter(weight=0.5)
    assert settings.network.network == "tiny"
    results = json.loads((run / "results.json").read_text())
    assert results["status"] == "finished"
    lines = (run / "metrics.jsonl").read_text().splitlines()
    assert tags.PERTURBED in json.loads(lines[-1])["train"]


def test_its_options_are_hparams(toys):
    given = {"dataset": "stripes", "method": "jitter", "spread": 0.3}
    found = hyperparameters(resolve(given))
    assert {"weight": 1.0, "spread": 0.3}.items() <= found.items()
    with pytest.raises(UserError, match="--spread=0 must be above 0"):
        resolve(given | {"spread": 0})


def test_it_has_panels(run):
    shown = event_files.read(run / "train")["images"]
    assert {tags.IMAGE, tags.PERTURBED_IMAGE} <= shown.keys()


def test_it_is_evaluated(run, capsys):
    assert evaluate.main([f"--log_dir={run}", "--finetune_iter=0"]) == 0
    assert "accuracy" in capsys.readouterr().out


def test_it_is_exported_with_a_card(run, tmp_path):
    out = tmp_path / "exported"
    assert export.main([f"--log_dir={run}", f"--out={out}"]) == 0
    card = (out / "README.md").read_text()
    assert "Consistency under noise, 4 labels and 40 unlabeled" in card
    assert "In order: 0, 1." in card
    assert "| weight | 0.5 |" in " ".join(card.split())
    assert "| spread | 0.1 |" in " ".join(card.split())


def test_it_is_drawn(run, tmp_path, capsys):
    flags = [f"--runs={run}", "--figure=6,curves", f"--out={tmp_path}"]
    assert figures.main(flags) == 0
    drawn = {path.name for path in tmp_path.iterdir()}
    assert {"figure6-stripes.png", "curves-stripes.png"} <= drawn


def test_it_is_timed(toys, tmp_path):
    file = tmp_path / "times.json"
    flags = [
        "--networks=tiny",
        "--methods=jitter",
        "--rounds=1",
        "--seconds=0.01",
    ]
    benchmark.main([*flags, f"--json={file}"])
    assert "jitter" in file.read_text()


def test_a_function_is_a_network(tmp_path, toys):
    path = "tests.toy_parts:build_tiny"
    flags = ["--dataset=stripes", "--method=mle", f"--network={path}"]
    assert train.main([*flags, f"--log_dir={tmp_path / 'own'}"]) == 0
    for wrong, said in (
        ("tests.toy_parts:load_stripes", "return a keras.Model"),
        ("tests.toy_parts:build_softmax", "build_softmax: .* softmax"),
    ):
        flags[-1] = f"--network={wrong}"
        with pytest.raises(UserError, match=said):
            train.main([*flags, f"--log_dir={tmp_path / 'wrong'}"])
