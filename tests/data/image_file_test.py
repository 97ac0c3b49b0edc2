"""Files of images: written whole, read by number, refused when damaged."""

import json
import os
import resource
import threading

import numpy as np
import pytest

from xvat_tf.data import write_images
from xvat_tf.data.image_file import count_images, open_images
from xvat_tf.errors import UserError


def _images(count=11, shape=(3, 4, 2), dtype="uint8"):
    values = np.random.RandomState(0).randint(0, 256, (count, *shape))
    return values.astype(dtype)


@pytest.mark.parametrize(
    "images",
    [
        _images(),
        _images(dtype="float16"),
        _images(dtype=">f8"),
        np.asfortranarray(_images()),
        np.asfortranarray(_images(shape=(3, 4))),
        # The head of the file has room for any count.
        *(_images(count, (5,), "float32") for count in (1, 9, 10, 1000)),
    ],
)
def test_what_is_written_is_read(tmp_path, images):
    written = write_images(iter(images), tmp_path / "new")
    assert written == open_images(tmp_path / "new")
    assert written.dtype == images.dtype and written.start % 64 == 0
    shape = images.shape if images.shape[1:] != (3, 4) else (11, 3, 4, 1)
    assert written.shape == shape
    places = np.array([-1, 0, len(images) // 2, 0]) % len(images)
    found = written.read(places)
    assert found.dtype == images.dtype
    np.testing.assert_array_equal(found, images.reshape(shape)[places])
    np.testing.assert_array_equal(np.load(written.path), images.reshape(shape))


def test_a_file_of_numpy_is_read_once_for_its_digest(tmp_path, capsys):
    images = _images(shape=(3, 4))
    np.save(tmp_path / "images.npy", images)
    (tmp_path / "images.json").write_text("{")
    assert count_images(tmp_path) == 11 and not capsys.readouterr().err
    assert count_images(tmp_path / "none") == 0
    found = open_images(tmp_path)
    assert "images.npy is read once" in capsys.readouterr().err
    assert found == open_images(tmp_path) and not capsys.readouterr().err
    assert found.shape == (11, 3, 4, 1)
    ours = write_images(images, tmp_path / "ours")
    assert found.sha256 == ours.sha256
    # A digest cannot be kept here, and is then computed each time.
    os.remove(tmp_path / "images.json")
    (tmp_path / "images.json").mkdir()
    assert open_images(tmp_path) == found == open_images(tmp_path)


def test_a_change_of_one_value_changes_the_digest(tmp_path):
    images = _images()
    before = write_images(images, tmp_path)
    with open(before.path, "r+b") as file:
        file.seek(before.start)
        file.write(bytes([images[0, 0, 0, 0] ^ 1]))
    os.utime(before.path, ns=(0, before.stamp[1] + 1))
    after = open_images(tmp_path)
    assert after.sha256 != before.sha256
    with pytest.raises(UserError, match="has changed while it was in use"):
        before.read(np.array([3]))


_NAN = np.full((3, 4, 2), np.nan, np.float32)
_HUGE = np.full((3, 4, 2), 1e39)
_CASES = [
    ([], "images.npy needs images"),
    ([np.zeros((3, 4, 2), int)], "image 0 has type int64"),
    ([np.zeros(3, np.uint8)], "image 0 has uint8 vectors"),
    ([np.zeros((0, 4, 2))], "image 0 is empty"),
    ([*_images(2), np.zeros((3, 4, 1), np.uint8)], "image 2 .* image 0"),
    ([_images(1)[0], np.zeros((3, 4, 2))], "image 1 .* float64, image 0"),
    ([_NAN], "image 0 has values that are NaN"),
    ([_HUGE], "image 0 has values that are NaN, infinite or beyond"),
]


@pytest.mark.parametrize(("images", "words"), _CASES)
def test_unusable_images_are_refused_and_leave_no_file(tmp_path, images, words):
    with pytest.raises(UserError, match=words):
        write_images(images, tmp_path)
    assert os.listdir(tmp_path) == ["images.lock"]


def test_a_full_disk_leaves_no_file(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(UserError, match="images.npy cannot be written"):
            write_images(_images(1000), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert os.listdir(tmp_path) == ["images.lock"]


def test_an_error_of_the_iterable_stays_what_it_is(tmp_path):
    def images():
        yield from _images()
        raise FileNotFoundError("the user's own")

    with pytest.raises(FileNotFoundError, match="the user's own"):
        write_images(images(), tmp_path)
    assert os.listdir(tmp_path) == ["images.lock"]


def test_what_is_there_stays(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "images.npy.tmp").write_text("of a killed process")
    written = write_images(_images(), tmp_path)
    with pytest.raises(UserError, match="images.npy exists: remove it"):
        write_images(_images(3), tmp_path)
    assert write_images(_images(3), tmp_path, exist_ok=True) == written
    assert {p.name for p in tmp_path.iterdir()} == {
        *("mine", "images.npy", "images.json", "images.lock")
    }
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "images.lock").symlink_to(tmp_path / "none")
    for place in ("mine", "other"):  # A file, and a lock that leads out.
        with pytest.raises(UserError, match="cannot be written"):
            write_images(_images(), tmp_path / place)
    assert not (tmp_path / "none").exists()


def test_one_writes_and_others_wait(tmp_path):
    begun, found = threading.Event(), []

    def slowly():
        begun.set()
        other.join(0.1)
        yield from _images()

    def wait():
        begun.wait()
        found.append(write_images(iter(()), tmp_path, exist_ok=True))

    other = threading.Thread(target=wait)
    other.start()
    written = write_images(slowly(), tmp_path, exist_ok=True)
    other.join()
    assert found == [written]


def _cut(path):
    os.truncate(path, path.stat().st_size - 1)


def _pipe(path):
    path.unlink()
    os.mkfifo(path)


def _save(values, **options):
    return lambda path: np.save(path, values, **options)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "No such file"),
        (_cut, "263 bytes of images instead of 264"),
        (lambda path: os.truncate(path, 2**40), "bytes of images instead"),
        (lambda path: path.write_bytes(b""), "EOF"),
        (lambda path: path.write_bytes(b"strange" * 20), "magic string"),
        (_pipe, "not a regular file"),
        (_save(_images(dtype="int32")), "int32, neither uint8 nor float"),
        (_save(_images(0)), r"shape \(0, 3, 4, 2\)"),
        (_save(_images(shape=(5,))), r"shape \(11, 5\)"),
        (_save(np.asfortranarray(_images())), "Fortran order"),
        (_save(np.array([{}, None])), r"shape \(2,\)"),
        (_save(np.array([[{}]]), allow_pickle=True), r"shape \(1, 1\)"),
    ],
)
def test_unusable_files_are_named(tmp_path, damage, words):
    path = write_images(_images(), tmp_path).path
    damage(path)
    message = f"{path} cannot be used .*{words}.*: restore it"
    with pytest.raises(UserError, match=message):
        open_images(tmp_path)


@pytest.mark.parametrize(
    "change", [{"bytes": 1}, {"modified": 0}, {"sha256": None}]
)
def test_a_digest_of_another_file_is_computed_again(tmp_path, change):
    written = write_images(_images(), tmp_path)
    path = tmp_path / "images.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps(kept | change))
    assert open_images(tmp_path) == written
    assert json.loads(path.read_text()) == kept
