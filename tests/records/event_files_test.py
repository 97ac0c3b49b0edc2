import hashlib

import pytest

from xvat_tf.records import RunFolder
from xvat_tf.records.event_files import EventBytes
from xvat_tf.records.forms import Progress


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_what_was_written_later_is_taken_back(tmp_path):
    folder = RunFolder(tmp_path)
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
    first = tmp_path / "train" / "events.out.tfevents.1.v2"
    second = tmp_path / "test" / "events.out.tfevents.1.v2"
    first.write_bytes(b"12345")
    second.write_bytes(b"1234567")
    marks = Progress(
        events={
            "train/events.out.tfevents.1.v2": 5,
            "test/events.out.tfevents.1.v2": 7,
        },
        event_digests={
            "train/events.out.tfevents.1.v2": sha256(b"12345"),
            "test/events.out.tfevents.1.v2": sha256(b"1234567"),
        },
    )
    assert Progress(**EventBytes(folder, marks).marks()) == marks
    first.write_bytes(b"123456789")
    second.write_bytes(b"123")  # Lost with the power; nothing is made up.
    later = tmp_path / "test" / "events.out.tfevents.2.v2"
    later.write_bytes(b"1")
    mine = tmp_path / "test" / "notes.txt"
    mine.write_bytes(b"mine")
    EventBytes(folder, marks)
    assert first.read_bytes() == b"12345"
    assert second.read_bytes() == b"123"
    assert not later.exists() and mine.exists()
    EventBytes(folder, Progress())
    assert not first.exists() and not second.exists() and mine.exists()


def test_a_file_that_grows_is_read_once(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / "train").mkdir()
    path = tmp_path / "train" / "events.out.tfevents.1.v2"
    events = EventBytes(folder, Progress())
    for content in (b"1", b"123", b"12345"):
        path.write_bytes(content)
        marks = events.marks()
        assert marks["events"] == {"train/" + path.name: len(content)}
        assert marks["event_digests"] == {"train/" + path.name: sha256(content)}


@pytest.mark.parametrize("content", [b"12X45", b"123", None])
def test_changed_bytes_are_noticed_once(tmp_path, content, capsys):
    folder = RunFolder(tmp_path)
    (tmp_path / "train").mkdir()
    path = tmp_path / "train" / "events.out.tfevents.1.v2"
    path.write_bytes(b"12345")
    marks = Progress(
        events={"train/" + path.name: 5},
        event_digests={"train/" + path.name: sha256(b"12345")},
    )
    EventBytes(folder, marks)
    assert capsys.readouterr().err == ""
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    EventBytes(folder, marks)
    assert "is not as this run left it" in capsys.readouterr().err


def test_a_link_out_of_the_folder_is_left_alone(tmp_path):
    folder = RunFolder(tmp_path / "run")
    (tmp_path / "run" / "train").mkdir(parents=True)
    (tmp_path / "mine").write_bytes(b"12345")
    link = tmp_path / "run" / "train" / "events.out.tfevents.1.v2"
    link.symlink_to(tmp_path / "mine")
    EventBytes(folder, Progress(events={"train/" + link.name: 2}))
    assert (tmp_path / "mine").read_bytes() == b"12345" and link.is_symlink()


@pytest.mark.parametrize(
    "name",
    [
        "events.out.tfevents.1.host.7.0 (1).v2",
        "events.out.tfevents.1.host.7.0.v2 (Ann's conflicted copy)",
        "events.out.tfevents.1.host.7.0.sync-conflict-20260102-030405-ABC.v2",
    ],
)
def test_copies_of_synchronised_folders_are_left_alone(tmp_path, name):
    (tmp_path / "train").mkdir()
    copy = tmp_path / "train" / name
    copy.write_bytes(b"12345")
    events = EventBytes(RunFolder(tmp_path), Progress())
    assert copy.read_bytes() == b"12345" and events.marks()["events"] == {}
