"""Runs that go on elsewhere: their folders in a few files of limited size.

A finished run leaves its settings, evaluations and results; another one also
its newest checkpoint and TensorBoard's curves, so that it ends with the same
bits wherever it goes on.
"""

import gzip
import io
import pathlib
import tarfile
import zlib

from xvat_tf.errors import UserError, reason
from xvat_tf.files import not_written, opened, written_whole
from xvat_tf.records.checkpoint_files import CheckpointFiles
from xvat_tf.reproduction import runs
from xvat_tf.reproduction.overview import States
from xvat_tf.reproduction.runs import PlannedRun

PART_MIB = 16
_MIB = 2**20
_NAME = "runs.{:02}"


def pack(
    found: States, runs_dir: pathlib.Path, folder: pathlib.Path, mib: int
) -> list[PlannedRun]:
    """Writes what fits, runs that are finished or nearly so first.

    Args:
        found: State of every run.
        runs_dir: Holds their folders.
        folder: Gets files of at most `PART_MIB`; older ones are replaced.
        mib: The most that all of them hold.

    Returns:
        Runs that have begun and do not fit: elsewhere they begin again.
    """
    chosen, left_out = _fitting(found, mib * _MIB)
    whole = io.BytesIO()
    try:
        with tarfile.open(fileobj=whole, mode="w") as archive:
            for path in chosen:
                archive.add(path, path.relative_to(runs_dir))
        packed = gzip.compress(whole.getvalue(), compresslevel=1)
        folder.mkdir(parents=True, exist_ok=True)
        older = set(_parts(folder))
        size = PART_MIB * _MIB
        for number, start in enumerate(range(0, len(packed), size)):
            part = folder / _NAME.format(number)
            with written_whole(part) as file:
                file.write(packed[start : start + size])
            older.discard(part)
        for part in older:
            part.unlink()
    except OSError as error:
        raise not_written(folder, error) from None
    return left_out


def unpack(folder: pathlib.Path, runs_dir: pathlib.Path) -> None:
    """Brings back to `runs_dir` the runs of a folder that are not there.

    Raises:
        UserError: Its files are damaged, or one is missing.
    """
    parts = _parts(folder)
    if not parts:
        return
    try:
        whole = gzip.decompress(b"".join(map(_content, parts)))
        with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
            members = archive.getmembers()
            known = {m.name: _is_here(m, runs_dir) for m in members}
            new = [m for m in members if not known[m.name]]
            archive.extractall(runs_dir, new, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"--archive={folder} cannot be read ({reason(error)}): restore all"
            " of its files, or remove them to begin again."
        ) from None


def _content(part):
    with opened(part) as file:
        return file.read()


def _is_here(member, runs_dir):
    """Whether the run of an entry, `<flagfile>/<seed>/...`, has a folder."""
    run = pathlib.PurePath(member.name).parts[:2]
    return (runs_dir.joinpath(*run) / "settings.json").exists()


def _parts(folder):
    return sorted(folder.glob("runs.[0-9][0-9]"))


def _fitting(found, room):
    """Files of the runs that fit, and the other runs that have begun."""
    begun = [r for r in found if r.folder.settings_file.exists()]
    begun.sort(key=lambda run: _left(run, found[run]))
    chosen, left_out = [], []
    for run in begun:
        paths = _paths(run, found[run])
        # Of an entry tar has besides a header, and fills up the last block.
        size = sum(path.stat().st_size + 1024 for path in paths)
        if size <= room:
            chosen += paths
            room -= size
        else:
            left_out.append(run)
    return chosen, left_out


def _left(run, state):
    """Share of a run that is still to be trained."""
    finished = state.kind == runs.FINISHED
    return 0 if finished else 1 - state.step / run.settings.train.num_steps


def _paths(run, state):
    folder = run.folder
    paths = [folder.settings_file, folder.metrics_file, folder.results_file]
    if state.kind not in runs.ENDED:
        paths += CheckpointFiles(folder).paths[:1]
        for events in (folder.train_events, folder.test_events):
            paths += sorted(events.glob("*"))
    return [path for path in paths if path.exists()]
