"""Folders of shards: written whole, read back, refused when damaged."""

import json
import os

import numpy as np
import pytest

from xvat_tf.data import shard_writer, write_shards
from xvat_tf.data.shard_damage import _content_fault
from xvat_tf.data.shard_files import holds_shards, open_shards
from xvat_tf.data.shard_writer import ensure_shards
from xvat_tf.errors import UserError


def _images(count=11, shape=(3, 4, 2), dtype="uint8"):
    values = np.random.RandomState(0).randint(0, 256, (count, *shape))
    return values.astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "float64"])
@pytest.mark.parametrize("num_shards", [1, 3, 16])
def test_what_is_written_is_read(tmp_path, dtype, num_shards):
    images = _images(dtype=dtype)
    written = write_shards(iter(images), tmp_path / "shards", num_shards)
    shards = open_shards(tmp_path / "shards")
    assert shards == written
    assert (shards.count, shards.shape, shards.dtype) == (11, (3, 4, 2), dtype)
    places = np.array([10, 0, 7, 7])
    np.testing.assert_array_equal(shards.read(places), images[places])
    assert shards.read(places).dtype == dtype


def test_image_i_is_in_file_i_mod_num_shards(tmp_path):
    import tensorflow as tf

    shards = write_shards(_images(), tmp_path, 4)
    for number in range(4):
        records = tf.data.TFRecordDataset(str(shards.file(number)))
        indices = [
            int.from_bytes(record[:8], "little")
            for record in records.as_numpy_iterator()
        ]
        assert indices == list(range(number, 11, 4))
        assert shards.file_count(number) == len(indices)
        assert shards.file_fault(number) is None


def test_grey_images_get_a_channel_and_vectors_stay(tmp_path):
    grey = write_shards(_images(shape=(3, 4)), tmp_path / "grey")
    assert grey.shape == (3, 4, 1)
    vectors = _images(shape=(5,), dtype="float32")
    assert write_shards(vectors, tmp_path / "vectors").shape == (5,)


def test_content_decides_the_digest_and_shards_the_identity(tmp_path):
    images = _images()
    three = write_shards(images, tmp_path / "3", 3)
    four = write_shards(images, tmp_path / "4", 4)
    turned = write_shards(images[::-1], tmp_path / "turned", 3)
    assert three.sha256 == four.sha256 != turned.sha256
    assert three.identity != four.identity


_NAN = np.full((3, 4, 2), np.nan, np.float32)
_CASES = [
    ([], "there are no images"),
    ([np.zeros((3, 4, 2), int)], "image 0 has shape .* int64"),
    ([np.zeros(3, np.uint8)], "image 0 has shape .* uint8"),
    ([np.zeros((0, 4, 2))], "image 0 has shape"),
    ([*_images(2), np.zeros((3, 4, 1), np.uint8)], "image 2 .* image 0"),
    ([_images(1)[0], np.zeros((3, 4, 2))], "image 1 .* float64, image 0"),
    ([_NAN], "image 0 has values that are NaN"),
]


@pytest.mark.parametrize(("images", "words"), _CASES)
def test_unusable_images_are_refused_and_leave_no_shard(
    tmp_path, images, words
):
    with pytest.raises(UserError, match=words):
        write_shards(images, tmp_path / "shards", 2)
    assert [p.name for p in (tmp_path / "shards").iterdir()] == ["lock"]
    assert write_shards(_images(), tmp_path / "shards", 2).count == 11


def test_folders_of_others_stay_untouched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="other files, such as mine.txt"):
        write_shards(_images(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    write_shards(_images(), tmp_path / "shards")
    with pytest.raises(UserError, match="already holds shards"):
        write_shards(_images(), tmp_path / "shards")
    with pytest.raises(UserError, match="cannot be written to .*mine.txt"):
        write_shards(_images(), tmp_path / "mine.txt")


def test_no_shards_at_all(tmp_path):
    with pytest.raises(UserError, match="num_shards=0 must be at least 1"):
        write_shards(_images(), tmp_path, 0)


def _leave_half(folder, claim=None):
    """As a kill leaves it: some files, perhaps part of a manifest."""
    (folder / "images-00003-of-00007.tfrecord").write_bytes(b"half")
    (folder / "manifest.json.tmp").write_text("{")
    if claim is not None:
        (folder / "lock").write_text(f"writing {claim}\n")


def test_half_written_folder_of_the_same_images_is_written_anew(tmp_path):
    _leave_half(tmp_path, "d1")
    assert not holds_shards(tmp_path)
    shards = ensure_shards(_images(), tmp_path, "d1", 2)
    assert len(list(tmp_path.glob("*.tfrecord"))) == 2
    np.testing.assert_array_equal(shards.read(range(11)), _images())
    assert ensure_shards(iter(()), tmp_path, "d1") == shards  # Not again.


@pytest.mark.parametrize("claim", [None, "d2", ""])
def test_shards_without_a_manifest_are_not_deleted(tmp_path, claim):
    """They may be an unfinished copy."""
    _leave_half(tmp_path, claim)
    for write in (
        lambda: ensure_shards(_images(), tmp_path, "d1", 2),
        lambda: write_shards(_images(), tmp_path, 2),
    ):
        with pytest.raises(UserError, match="but no manifest.json, as an unf"):
            write()
    half = tmp_path / "images-00003-of-00007.tfrecord"
    assert half.read_bytes() == b"half"


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "lock").symlink_to(tmp_path / "mine.txt")
    with pytest.raises(UserError, match="cannot be written to .*shards"):
        write_shards(_images(), tmp_path / "shards", 2)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_iterable_may_fail(tmp_path):
    def images():
        yield from _images()
        raise FileNotFoundError("the user's own")

    with pytest.raises(FileNotFoundError, match="the user's own"):
        write_shards(images(), tmp_path, 2)
    assert not holds_shards(tmp_path)


def test_what_a_disk_lost_silently_is_noticed(tmp_path, monkeypatch):
    class Loses(shard_writer.RecordFiles):
        def __exit__(self, *error):
            super().__exit__(*error)
            next(tmp_path.glob("*.tfrecord")).write_bytes(b"")

    monkeypatch.setattr(shard_writer, "RecordFiles", Loses)
    with pytest.raises(UserError, match="0 bytes instead of"):
        write_shards(_images(), tmp_path, 2)
    assert not holds_shards(tmp_path)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "No such file"),
        (lambda path: path.write_bytes(b""), "0 bytes instead of"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes inst"),
    ],
)
def test_missing_and_cut_files_are_named(tmp_path, damage, words):
    path = write_shards(_images(), tmp_path, 3).file(1)
    damage(path)
    with pytest.raises(UserError, match=f"{path.name} is damaged .*{words}"):
        open_shards(tmp_path)


def test_an_image_out_of_its_place_is_noticed(tmp_path):
    shards = write_shards(_images(), tmp_path, 3)
    shards.file(1).write_bytes(shards.file(0).read_bytes())
    with pytest.raises(UserError, match="image 1 is not in its place"):
        shards.read([1])


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 0},
        {"count": "11"},
        {"shape": [3, -4]},
        {"shape": 3},
        {"dtype": "int8"},
        {"num_shards": 2.5},
        {"sha256": None},
        {"strange": 1},
    ],
)
def test_damaged_manifest_is_refused(tmp_path, changes):
    write_shards(_images(), tmp_path, 2)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(UserError, match="manifest.json is damaged"):
        open_shards(tmp_path)


def test_other_manifests_are_refused(tmp_path):
    with pytest.raises(UserError, match="manifest.json cannot be read"):
        open_shards(tmp_path)
    write_shards(_images(), tmp_path, 2)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(UserError, match="has format 2, this version reads 1"):
        open_shards(tmp_path)
    path.write_bytes(b"\xff{")
    with pytest.raises(UserError, match="manifest.json cannot be read"):
        open_shards(tmp_path)


def test_a_pipe_in_the_place_of_an_empty_shard_is_refused(tmp_path):
    shards = write_shards(_images(count=2), tmp_path, 3)
    assert shards.file_fault(2) is None and not shards.file_count(2)
    shards.file(2).unlink()
    os.mkfifo(shards.file(2))
    with pytest.raises(UserError, match="00002-of-00003.* not a regular file"):
        open_shards(tmp_path)


@pytest.mark.parametrize("value", [np.nan, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_shards_with_values_that_are_not_finite(
    tmp_path, monkeypatch, value, dtype
):
    """As another program may write them."""
    images = _images(dtype=dtype)
    images[7, 1, 2, 0] = value
    monkeypatch.setattr(shard_writer, "_check", lambda *_: None)
    shards = write_shards(images, tmp_path, 2)
    shards.read([6, 8])
    with pytest.raises(UserError, match="image 7 has values that are NaN"):
        shards.read([7])
    assert _content_fault(shards, 0) is None
    assert "image 7 has values that are NaN" in _content_fault(shards, 1)
