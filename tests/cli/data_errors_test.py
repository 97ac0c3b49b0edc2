"""Data that is missing, damaged or too small."""

import numpy as np
import pytest

# A proxy that refuses: the same as no network, whatever the machine has.
NO_NETWORK = {
    name: "http://127.0.0.1:9"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
} | {"no_proxy": "", "NO_PROXY": ""}


def test_unprepared_data_set_without_network(commands):
    flags = ("--dataset=svhn", "--data_dir=data", "--log_dir=run")
    line = commands.train(*flags, environment=NO_NETWORK).error()
    for part in (
        "svhn_cropped",
        "--data_dir=data ",
        "--data_dir",
        "run `python -c",
    ):
        assert part in line
    assert not (commands.folder / "run").exists()


def test_corrupt_arrays_file(commands):
    path = commands.folder / "mine.npz"
    images = np.zeros([40, 4, 4], np.float32)
    labels = np.arange(40) % 2
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    path.write_bytes(path.read_bytes()[:-200])
    flags = ("--dataset=arrays", "--arrays_file=mine.npz", "--log_dir=run")
    line = commands.refused("train", *flags)
    assert line.startswith("--arrays_file=mine.npz cannot be read")
    assert [p.name for p in commands.folder.iterdir()] == ["mine.npz"]


@pytest.mark.parametrize(
    ("method", "flag", "parts"),
    [
        ("at", "--batch_size=51", ["--batch_size=51", "50 labeled images"]),
        (
            "xat",
            "--num_labeled_examples=51",
            ["--num_labeled_examples=51", "10 classes"],
        ),
    ],
)
def test_batches_and_labels_that_do_not_fit(
    commands, capsys, method, flag, parts
):
    """And both methods say first that they read no unlabeled image."""
    flags = ("--dataset=digits", f"--method={method}", flag, "--log_dir=run")
    line = commands.refused("train", *flags)
    assert all(part in line for part in parts)
    printed = capsys.readouterr().out
    assert printed.startswith(f"note: {method} needs labels")
    assert "unlabeled images are not read" in printed
    assert not (commands.folder / "run").exists()
