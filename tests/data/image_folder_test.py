"""Folders of images: which files are what, pixels by hand, one-line errors."""

import dataclasses
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from xvat_tf.data.class_folders import find_images, images_within
from xvat_tf.data.image_files import read_file
from xvat_tf.data.image_folder import load_folder, measure_folder
from xvat_tf.errors import UserError
from xvat_tf.settings import DataSettings

_LEVELS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def _save(path, pixels=_LEVELS, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels
    if isinstance(pixels, np.ndarray):
        image = Image.fromarray(pixels)
    image.save(path, **options)
    return path


def _load(folder, **given):
    return load_folder(
        DataSettings(dataset="folder", images_dir=str(folder), **given)
    )


@pytest.fixture
def pets(tmp_path):
    """Five images of each of two classes; image i of class k is 10 k + i."""
    for k, name in enumerate(("cat", "dog")):
        for i in range(5):
            pixels = np.full((3, 4), 10 * k + i, np.uint8)
            _save(tmp_path / "pets" / name / f"{i}.png", pixels)
    return tmp_path / "pets"


def _values(images):
    return images[:, 0, 0, 0].tolist()


def test_a_share_of_each_class_is_held_out(pets):
    source = _load(pets)
    assert source.class_names == ("cat", "dog") and source.num_classes == 2
    assert source.train_images.shape == (8, 3, 4, 1)
    assert source.train_labels.tolist() == [0] * 4 + [1] * 4
    assert source.test_labels.tolist() == [0, 1]
    found = _values(source.train_images) + _values(source.test_images)
    assert sorted(found) == [*range(5), *range(10, 15)]
    assert source.extra_images is None
    again = _load(pets)
    assert again.sha256 == source.sha256
    assert _values(again.test_images) == _values(source.test_images)
    others = [_load(pets, dataset_seed=seed) for seed in range(2, 8)]
    assert len({str(_values(other.test_images)) for other in others}) > 1
    assert len(_load(pets, test_share=0.99).train_images) == 2
    assert len(_load(pets, test_share=0.01).test_images) == 2


def test_a_class_of_one_image_is_not_tested(pets, capsys):
    assert _load(pets) and not capsys.readouterr().err
    _save(pets / "eel" / "a.png")
    assert _load(pets).test_labels.tolist() == [0, 1]
    said = "note: no test images of eel: accuracies say nothing about them."
    assert capsys.readouterr().err.strip() == said


def test_train_and_test_are_the_split(pets, capsys):
    _divide(pets)
    _save(pets / "test" / "dog" / "deeper" / "a.PNG", _LEVELS)
    _save(pets / "train" / "unlabeled" / "b.png")
    _save(pets / "unlabeled" / "c.png")
    _save(pets / "d.png")
    for other in ("test/e.png", "val/dog/f.png"):
        _save(pets / other)
    source = _load(pets)
    assert len(source.train_images) == 10 and len(source.extra_images) == 3
    assert source.test_labels.tolist() == [1]
    assert _values(source.test_images) == [0]
    said = "of test/, not read: test/e.png, val/dog/f.png."
    assert said in capsys.readouterr().err


def test_images_without_a_class_have_no_label(pets, capsys):
    _save(pets / "loose.png", _LEVELS + 5)
    _save(pets / "unlabeled" / "deeper" / "a.png")
    _save(pets / ".hidden" / "b.png")
    (pets / "cat" / "labels.csv").write_text("")
    found = find_images(str(pets))
    assert found.unlabeled == ["loose.png", "unlabeled/deeper/a.png"]
    assert _values(_load(pets).extra_images) == [5, 0]
    said = "note: no images by their names, not read: cat/labels.csv."
    assert said in capsys.readouterr().err


def test_links_are_followed_but_not_around(pets, tmp_path):
    (pets / "dog").rename(tmp_path / "elsewhere")
    (pets / "dog").symlink_to(tmp_path / "elsewhere")
    assert len(_load(pets).train_images) == 8
    found = images_within(str(pets), "images")
    assert len(found) == 10 and str(pets / "dog" / "4.png") in found
    (pets / "cat" / "loop").symlink_to(pets / "cat")
    with pytest.raises(UserError, match="^--images=.*/pets: cat/loop is a"):
        images_within(str(pets), "images")
    with pytest.raises(UserError, match="cat/loop is a link to a folder that"):
        _load(pets)


def _grey(alpha):
    return Image.merge("LA", [Image.fromarray(_LEVELS), Image.fromarray(alpha)])


_ALPHA = np.tile(np.uint8([255, 0, 255, 255]), (3, 1))
_ON_WHITE = np.where(_ALPHA == 0, 255, _LEVELS)
_TURNED = Image.Exif()
_TURNED[0x112] = 6  # To be turned by 90 degrees, clockwise.


@pytest.mark.parametrize(
    "pixels, options, expected",
    [
        (_LEVELS, {}, _LEVELS),
        (_LEVELS.astype(np.uint16) * 257, {}, _LEVELS),
        (_LEVELS.astype(np.uint16) * 257 + 100, {}, _LEVELS),
        (
            np.uint16([[257, 514, 65535]]),
            {"transparency": 514},
            np.uint8([[1, 255, 255]]),
        ),
        (np.uint8([[0, 255]]) > 0, {}, np.uint8([[0, 255]])),
        (_grey(_ALPHA), {}, _ON_WHITE),
        (_grey(_ALPHA).convert("RGBA"), {}, _ON_WHITE),
        (Image.fromarray(_LEVELS).convert("P"), {}, _LEVELS),
        (_LEVELS, {"exif": _TURNED}, np.rot90(_LEVELS, -1)),
        (_LEVELS.astype(np.uint16) * 257, {"exif": _TURNED}, _LEVELS[::-1].T),
    ],
)
def test_pixels_of_every_kind(tmp_path, pixels, options, expected):
    found = read_file(str(_save(tmp_path / "a.png", pixels, **options)))
    assert found.pixels.dtype == np.uint8
    for channel in np.moveaxis(found.pixels, -1, 0):
        np.testing.assert_array_equal(channel, expected)


def test_a_square_is_cut_and_averaged(tmp_path):
    pixels = np.zeros((2, 6), np.uint8)
    pixels[:, 2:4] = [[10, 20], [30, 40]]  # The square in the middle.
    pixels[:, :2] = 255
    path = str(_save(tmp_path / "a.png", pixels))
    assert read_file(path, 1).pixels.tolist() == [[[25]]]
    np.testing.assert_array_equal(
        read_file(path, 2).pixels[..., 0], pixels[:, 2:4]
    )
    assert read_file(path, 5).pixels.shape == (5, 5, 1)


def test_one_coloured_file_makes_all_coloured(pets):
    red = np.zeros((3, 4, 3), np.uint8)
    red[..., 0] = 200
    _save(pets / "dog" / "5.png", red)
    source = _load(pets, test_share=0.5)
    images = np.concatenate([source.train_images, source.test_images])
    assert images.shape[1:] == (3, 4, 3)
    assert sorted(images[:, 0, 0, 0].tolist())[-2:] == [14, 200]
    assert sorted(images[:, 0, 0, 2].tolist())[-2:] == [13, 14]


def test_sizes_must_agree_or_be_made_to(pets):
    _save(pets / "dog" / "5.png", np.zeros((9, 9), np.uint8))
    with pytest.raises(
        UserError, match="cat/.*png of 3x4 and dog/5.png of 9x9: .*image_size"
    ):
        _load(pets, test_share=0.01)
    assert _load(pets, image_size=2).train_images.shape[1:] == (2, 2, 1)


def test_broken_files_are_named_refused_or_skipped(pets, capsys):
    path = pets / "cat" / "2.png"
    os.truncate(path, path.stat().st_size // 2)
    (pets / "dog" / "3.png").write_text("no image")
    os.mkfifo(pets / "dog" / "6.png")
    with pytest.raises(UserError) as refused:
        _load(pets)
    line = str(refused.value)
    assert "3 of 11 files are unreadable" in line
    for name in ("cat/2.png (", "dog/3.png (it is no PNG", "dog/6.png ("):
        assert name in line
    source = _load(pets, skip_broken_images=True)
    values = _values(source.train_images) + _values(source.test_images)
    assert sorted(values) == [0, 1, 3, 4, 10, 11, 12, 14]
    for labels, images in (
        (source.train_labels, source.train_images),
        (source.test_labels, source.test_images),
    ):
        assert labels.tolist() == [v // 10 for v in _values(images)]
    err = capsys.readouterr().err
    said = "note: left out: 3 of 11 files are unreadable: "
    assert said in err and "cat/2.png" in err
    for broken, message in (
        ("cat", "no training image of class cat is readable"),
        ("*", "11 of 11 files are unreadable: .* and 8 more"),
    ):
        for path in pets.glob(f"{broken}/[0-5].png"):
            path.write_text("no image")
        with pytest.raises(UserError, match=message):
            _load(pets, skip_broken_images=True)


@pytest.mark.parametrize("mode, channels", [("L", 1), ("P", 3), ("RGBA", 3)])
def test_the_measure_is_that_of_the_images(pets, mode, channels):
    """Defaults follow from it, and the first file alone may be grey."""
    colours = Image.new("RGB", (4, 3), "red").convert(mode)
    _save(pets / "unlabeled" / "z.png", colours)
    (pets / "cat" / "0.png").write_text("no image")
    data = DataSettings(dataset="folder", images_dir=str(pets))
    measured = measure_folder(data)
    assert measured.shape == (3, 4, channels)
    loaded = _load(pets, skip_broken_images=True)
    assert loaded.train_images.shape[1:] == measured.shape
    assert (measured.labeled, measured.unlabeled) == (8, 1)
    data = dataclasses.replace(data, skip_broken_images=True)
    assert measure_folder(data) == loaded.extent


def test_the_digest_is_of_names_and_bytes(pets):
    digests = [_load(pets).sha256]
    shutil.copytree(pets, pets.with_name("moved"))
    assert _load(pets.with_name("moved")).sha256 == digests[0]
    (pets / "cat" / "0.png").rename(pets / "cat" / "x.png")
    digests.append(_load(pets).sha256)
    _save(pets / "cat" / "x.png", np.full((3, 4), 77, np.uint8))
    digests.append(_load(pets).sha256)
    assert len(set(digests)) == 3


def _move(pets, *names, to):
    for name in names:
        (pets / to / name).parent.mkdir(parents=True, exist_ok=True)
        (pets / name).rename(pets / to / name)


def _divide(pets, train="train", test="test"):
    _move(pets, "cat", "dog", to=train)
    (pets / test).mkdir()


@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda d: shutil.rmtree(d), r"cannot be read \(No such file or dir"),
        (lambda d: (shutil.rmtree(d), d.touch()), r"be read \(Not a directory"),
        (lambda d: (shutil.rmtree(d), d.mkdir()), "has no class: put"),
        (lambda d: shutil.rmtree(d / "dog"), r"one class folder \(cat\)"),
        (lambda d: (d / "eel").mkdir(), "has no images of class eel: add some"),
        (
            lambda d: [path.unlink() for path in d.glob("*/*.png")],
            "has no images of class cat: add some",
        ),
        (lambda d: (d / "eel\n").mkdir(), r"folder 'eel\\n' cannot be"),
        (lambda d: os.mkdir(bytes(d / "e") + b"\xe9"), "cannot be printed"),
        (lambda d: _move(d, "cat", "dog", to="train"), "train/ but no test/"),
        (lambda d: _move(d, "cat", "dog", to="test"), "test/ but no train/"),
        (
            lambda d: _divide(d, "Train", "TEST"),
            "Train/, .* small letters only",
        ),
        (lambda d: (d / "Unlabeled").mkdir(), "has Unlabeled/, .*: rename"),
        (
            lambda d: (_divide(d), _save(d / "test" / "eel" / "a.png")),
            "test/ has the class eel and train/ does not",
        ),
        (_divide, "test/ has no images of a class"),
        (
            lambda d: [path.unlink() for path in d.glob("*/[1-9].png")],
            "no class has a readable image left to test with: add images",
        ),
    ],
)
def test_other_folders_are_refused(pets, spoil, message):
    spoil(pets)
    with pytest.raises(UserError, match=message) as refused:
        _load(pets)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("--images_dir")


@pytest.mark.parametrize("name", ["train", "Train"])
def test_a_class_may_be_called_train(pets, name):
    (pets / "cat").rename(pets / name)
    assert set(_load(pets).class_names) == {"dog", name}


def test_classes_that_look_like_a_split_are_noted(pets, capsys):
    _move(pets, "cat", "dog", to="training")
    shutil.copytree(pets / "training", pets / "testing")
    assert _load(pets).class_names == ("testing", "training")
    said = "classes testing, training have the same folders (cat, dog)."
    assert said in capsys.readouterr().err
    _save(pets / "testing" / "a.png")
    _load(pets)
    assert "same folders" not in capsys.readouterr().err


def test_more_than_memory_holds_is_refused(pets, monkeypatch):
    from xvat_tf.files import arrays

    few = type("Memory", (), {"available": 500})()
    monkeypatch.setattr(arrays.psutil, "virtual_memory", lambda: few)
    with pytest.raises(UserError, match="GiB of memory.*smaller --image_size"):
        _load(pets)


def test_a_file_of_any_name_is_read(pets, capsys):
    name = bytes(pets / "dog") + b"/\xe9\n.png"
    os.rename(pets / "dog" / "0.png", name)
    source = _load(pets)
    values = _values(source.train_images) + _values(source.test_images)
    assert 10 in values
    with open(name, "wb") as file:
        file.write(b"no image")
    _load(pets, skip_broken_images=True)
    (line,) = capsys.readouterr().err.splitlines()
    assert r"dog/\udce9\n.png (it is no PNG" in line
