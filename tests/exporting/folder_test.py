"""An export is there whole or not at all."""

import os

import pytest
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.exporting import folder


def test_a_new_folder_and_an_empty_one(tmp_path):
    for path in (tmp_path / "a" / "b", tmp_path):
        target = path / "out"
        if path == tmp_path:
            target.mkdir()
        folder.require_free(target)
        with folder.written_whole(target) as temporary:
            assert temporary.parent == target.parent
            (temporary / "x").write_text("1")
        assert [one.name for one in target.iterdir()] == ["x"]
        assert os.stat(target).st_mode & 0o777 == 0o777 & ~_umask()
        assert [p.name for p in path.iterdir() if ".tmp" in p.name] == []


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_what_a_killed_process_of_the_same_number_left(tmp_path):
    left = tmp_path / f"export.{os.getpid()}.tmp"
    left.mkdir()
    (left / "x").write_text("its")
    with folder.written_whole(tmp_path / "out") as temporary:
        (temporary / "x").write_text("1")
    assert (tmp_path / "out" / "x").read_text() == "1"
    assert (left / "x").read_text() == "its"


DISK_FULL = tf.errors.ResourceExhaustedError(
    None, None, "a/part-0; Disk full [Op:SaveV2]"
)


@pytest.mark.parametrize(
    ("error", "told", "match"),
    [
        (
            OSError(28, "No space left on device"),
            UserError,
            "out cannot be written .No",
        ),
        (DISK_FULL, UserError, r"written \(a/part-0; Disk full\)"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
def test_a_failure_leaves_nothing(error, told, match, tmp_path):
    with (
        pytest.raises(told, match=match),
        folder.written_whole(tmp_path / "out") as temporary,
    ):
        (temporary / "x").write_text("1")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(UserError, match="is not empty"):
            folder.require_free(path)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_place_below_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(
            UserError, match="out cannot be written .Not a directory"
        ),
        folder.written_whole(tmp_path / "file" / "out"),
    ):
        pass
