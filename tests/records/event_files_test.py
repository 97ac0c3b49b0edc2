import pytest

from xvat_tf.records import RunFolder
from xvat_tf.records.event_files import cut_events, event_lengths

_NAME = "events.out.tfevents.1.v2"


@pytest.fixture
def folder(tmp_path):
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
    return RunFolder(tmp_path)


def test_what_was_written_later_is_taken_back(folder):
    first, second = folder.train_events / _NAME, folder.test_events / _NAME
    first.write_bytes(b"12345")
    second.write_bytes(b"1234567")
    lengths = event_lengths(folder)
    assert lengths == {f"train/{_NAME}": 5, f"test/{_NAME}": 7}
    first.write_bytes(b"123456789")
    second.write_bytes(b"123")  # Lost with the power; nothing is made up.
    later = folder.test_events / "events.out.tfevents.2.v2"
    later.write_bytes(b"1")
    mine = folder.test_events / "notes.txt"
    mine.write_bytes(b"mine")
    cut_events(folder, lengths)
    assert first.read_bytes() == b"12345"
    assert second.read_bytes() == b"123"
    assert not later.exists() and mine.exists()
    cut_events(folder, {})
    assert not first.exists() and not second.exists() and mine.exists()


def test_a_link_out_of_the_folder_is_left_alone(folder):
    (folder.path / "mine").write_bytes(b"12345")
    link = folder.train_events / _NAME
    link.symlink_to(folder.path / "mine")
    cut_events(folder, {f"train/{_NAME}": 2})
    assert (folder.path / "mine").read_bytes() == b"12345"
    assert link.is_symlink()


@pytest.mark.parametrize(
    "name",
    [
        "events.out.tfevents.1.host.7.0 (1).v2",
        "events.out.tfevents.1.host.7.0.v2 (Ann's conflicted copy)",
        "events.out.tfevents.1.host.7.0.sync-conflict-20260102-030405-ABC.v2",
    ],
)
def test_copies_of_synchronised_folders_are_left_alone(folder, name):
    copy = folder.train_events / name
    copy.write_bytes(b"12345")
    cut_events(folder, {})
    assert copy.read_bytes() == b"12345" and event_lengths(folder) == {}
