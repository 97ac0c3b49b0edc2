"""`--streaming` as a user runs it: the bits of a run without, and damage."""

import os
import shutil

import numpy as np
import pytest

from xvat_tf import evaluate, train
from xvat_tf.command_line.runs import completed
from xvat_tf.data.image_file import ImageFile
from xvat_tf.errors import UserError
from xvat_tf.settings import resolve

_FLAGS = (
    "--dataset=digits",
    "--method=pi",
    "--hidden_sizes=8",
    "--batch_size=10",
    "--ul_batch_size=20",
    "--num_epochs=2",
    "--num_iter_per_epoch=70",
    "--panel_freq=0",
    "--eval_freq=2",
    "--checkpoint_steps=50",
    "--steps_per_execution=5",
    "--aug_trans",
    "--data_dir=sets",
)


def _arrays(folder):
    with np.load(f"{folder}/checkpoints/step-140.npz") as file:
        names = [n for n in file.files if n not in ("progress", "sha256")]
        return {name: file[name] for name in names}


@pytest.fixture
def damaged(tmp_path, monkeypatch):
    """A streamed run whose file lost its end after step 50, and was restored.

    A pass is 64 batches; the run is stopped in the second one.
    """
    monkeypatch.chdir(tmp_path)
    read, count = ImageFile.read, 0

    def cut(self, rows):
        nonlocal count
        count += len(rows) == 20  # The batches.
        if count == 90:
            shutil.copy(self.path, "kept")
            os.truncate(self.path, 1000)
        return read(self, rows)

    monkeypatch.setattr(ImageFile, "read", cut)
    with pytest.raises(UserError, match="images.npy cannot be used .it has c"):
        train.main([*_FLAGS, "--streaming", "--log_dir=streamed"])
    (file,) = tmp_path.rglob("images.npy")
    shutil.copy("kept", file)


def test_a_run_has_the_bits_of_one_in_memory(damaged, capsys):
    assert train.main([*_FLAGS, "--streaming", "--log_dir=streamed"]) == 0
    assert "continuing after step 50" in capsys.readouterr().out
    shutil.rmtree("sets")
    assert train.main([*_FLAGS, "--log_dir=memory"]) == 0
    np.testing.assert_equal(_arrays("streamed"), _arrays("memory"))
    # Evaluation needs no file.
    assert not evaluate.main(["--log_dir=streamed", "--finetune_iter=0"])
    assert not os.path.exists("sets")


def test_a_folder_without_images_is_announced(tmp_path):
    given = {"dataset": "digits", "streaming": True}
    data = resolve({**given, "stream_dir": str(tmp_path)}).data
    assert "holds no images.npy" in train._streaming_notes(data)[0]
    (tmp_path / "images.npy").touch()
    assert train._streaming_notes(data) == []
    assert train._streaming_notes(resolve(given).data) == []


def test_what_is_chosen_follows_from_the_file(tmp_path):
    """A batch of unlabeled images is no larger than a file of a few."""
    images, labels = np.zeros((50, 4, 4), np.uint8), np.arange(50) % 2
    arrays = {"x_train": images, "y_train": labels}
    arrays |= {"x_test": images, "y_test": labels}
    np.savez(tmp_path / "mine.npz", **arrays)
    given = {"dataset": "arrays", "streaming": True}
    given |= {"arrays_file": str(tmp_path / "mine.npz")}
    given |= {"stream_dir": str(tmp_path), "log_dir": str(tmp_path / "run")}
    for number, size, said in ((None, 50, 50), (20, 20, 50), (300, 128, 300)):
        if number:
            file = np.zeros((number, 4, 4), np.uint8)
            np.save(tmp_path / "images.npy", file)
        chosen, text = completed(given)
        assert chosen["ul_batch_size"] == size
        assert f"for {said} training images of 4x4x1" in text
    np.save(tmp_path / "images.npy", np.array(1.0))
    with pytest.raises(UserError, match="images.npy cannot be used"):
        completed(given)
