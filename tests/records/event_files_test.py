from xvat_tf.records import RunFolder
from xvat_tf.records.event_files import cut_events, event_lengths


def test_what_was_written_later_is_taken_back(tmp_path):
    folder = RunFolder(tmp_path)
    for name in ("train", "test"):
        (tmp_path / name).mkdir()
    first = tmp_path / "train" / "events.out.tfevents.1.v2"
    second = tmp_path / "test" / "events.out.tfevents.1.v2"
    first.write_bytes(b"12345")
    second.write_bytes(b"1234567")
    lengths = event_lengths(folder)
    assert lengths == {
        "train/events.out.tfevents.1.v2": 5,
        "test/events.out.tfevents.1.v2": 7,
    }
    first.write_bytes(b"123456789")
    second.write_bytes(b"123")  # Lost with the power; nothing is made up.
    later = tmp_path / "test" / "events.out.tfevents.2.v2"
    later.write_bytes(b"1")
    mine = tmp_path / "test" / "notes.txt"
    mine.write_bytes(b"mine")
    cut_events(folder, lengths)
    assert first.read_bytes() == b"12345"
    assert second.read_bytes() == b"123"
    assert not later.exists() and mine.exists()
    cut_events(folder, {})
    assert not first.exists() and not second.exists() and mine.exists()
