"""The run folder: a contract with tools outside the project.

settings.json    all resolved settings, versions, split hash
split.npz        labeled, validation and unlabeled indices
metrics.jsonl    one line per evaluation
checkpoints/     training state
snapshots/       weights along the way, with --snapshot_epochs
train/ test/     TensorBoard
figures/
results.json     written last
lock             while a process trains here
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import sys
from collections.abc import Sequence

from xvat_tf import settings as settings_module
from xvat_tf.errors import UserError, note
from xvat_tf.files import (
    as_json,
    not_written,
    opened,
    read_json,
    require_writable,
    write_json,
    written_whole,
)
from xvat_tf.option import is_unicode, options
from xvat_tf.records import lock
from xvat_tf.records.extension import extended, is_extension
from xvat_tf.records.forms import Results, SettingsRecord
from xvat_tf.settings import Settings

_FOLDERS = ("checkpoints", "train", "test", "figures")
_BEGUN = ("split.npz", "settings.json.tmp", "lock")
_OWN = (
    *("settings.json", "split.npz", "metrics.jsonl", "results.json", "lock"),
    *("checkpoints", "snapshots", "train", "test"),
)
_PACKAGES = ("tensorflow", "keras", "numpy", "tensorflow-datasets")


class RunFolder:
    """Paths and records of one run, whose folder need not exist yet."""

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self.settings_file = self.path / "settings.json"
        self.split_file = self.path / "split.npz"
        self.metrics_file = self.path / "metrics.jsonl"
        self.results_file = self.path / "results.json"
        self.checkpoints = self.path / "checkpoints"
        self.snapshots = self.path / "snapshots"
        self.train_events = self.path / "train"
        self.test_events = self.path / "test"
        self._lock: lock.Lock | None = None

    @classmethod
    def owns(cls, path: pathlib.Path) -> bool:
        """Tells whether a path is a file that a run keeps for itself."""
        path = pathlib.Path(os.path.realpath(path))
        for parent in path.parents:
            if (parent / "settings.json").is_file():
                first = path.relative_to(parent).parts[0]
                return first in _OWN
        return False

    def open(self, settings: Settings) -> None:
        """Makes an empty folder, or checks that it holds this very run.

        Or this run with fewer epochs, see `extend`. A UserError says that
        another run lives here, or nothing can be written.
        """
        if self.settings_file.exists():
            self._require_same(settings)
            return
        if self.path.is_dir() and not all(map(_is_begun, self.path.iterdir())):
            raise UserError(
                f"--log_dir={self.path} holds other files and no"
                " settings.json: choose a new or empty folder."
            )
        require_writable("log_dir", self.path)

    @contextlib.contextmanager
    def locked(self):
        """Keeps others out; a run that did not begin leaves no file."""
        try:
            with lock.locked(self.path) as self._lock:
                yield
        finally:
            self._lock = None
            self.discard_if_empty()

    def require_ours(self) -> None:
        """Makes sure before a write that nobody took the folder's place."""
        if self._lock is not None:
            self._lock.require_held()

    def discard_if_empty(self) -> None:
        """Removes the folder again if the run could not begin."""
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def record_start(
        self,
        settings: Settings,
        split,
        data_sha256: str = "",
        class_names: Sequence[str] = (),
    ) -> None:
        """Writes settings.json and split.npz, or compares those of before.

        Relative paths of data become absolute, so that the run can be read
        from everywhere. `data_sha256` is of the data's content, `class_names`
        are those of class 0, 1, ..., where they are known.
        """
        if self.settings_file.exists():
            self.require_data(data_sha256)
            recorded = self.read_settings_record()["split_sha256"]
            if recorded != split.sha256:
                raise UserError(
                    f"the data no longer splits as in {self.split_file}"
                    f" (hash {split.sha256[:12]}, recorded {recorded[:12]}):"
                    " the data set has changed; choose a new --log_dir."
                )
            return
        record = {
            "settings": _with_absolute_paths(settings),
            "split_sha256": split.sha256,
            "data_sha256": data_sha256,
            **({"class_names": list(class_names)} if class_names else {}),
            "versions": _versions(),
        }
        try:
            self._write_start(record, split)
        except (OSError, UserError):
            self._remove_start()
            raise

    def is_extended_by(self, settings: Settings) -> bool:
        """Tells whether the run here gets more epochs by settings."""
        return self.settings_file.exists() and is_extension(
            settings, self.read_settings()
        )

    def extend(self, settings: Settings, step: int) -> None:
        """Records at a step that the run gets more epochs, if it does.

        It is no longer finished then, also where the record is not written.
        """
        if not self.is_extended_by(settings):
            return
        self.require_ours()
        finished = self.finished_results()
        if finished:
            self.write_results({**finished, "status": "interrupted"})
        record = extended(self.read_settings_record(), settings, step)
        write_json(self.settings_file, record)

    def was_extended_at(self, step: int) -> bool:
        """Tells whether a run that goes on at a step got more epochs there."""
        history = self.read_settings_record().get("extended", [])
        return bool(history) and history[-1]["step"] == step

    def require_data(self, sha256: str) -> None:
        """Checks that data of a digest are those that the run was trained on.

        A run of an older version cannot know.
        """
        recorded = self.read_settings_record().get("data_sha256")
        if recorded and recorded != sha256:
            raise UserError(
                f"the data changed since {self.path} was trained (SHA-256"
                f" {sha256[:12]}, recorded {recorded[:12]}): give the old data"
                " with --arrays_file, --images_dir or --data_dir, or train in"
                " a new --log_dir."
            )

    def read_settings_record(self) -> dict:
        """Content of settings.json; a UserError if it is missing or damaged."""
        if not self.settings_file.exists():
            raise UserError(
                f"--log_dir={self.path} is not a run folder (it has no"
                " settings.json): give the folder that training printed."
            )
        return read_json(
            self.settings_file, SettingsRecord, "restore it or train again"
        )

    def read_settings(self) -> Settings:
        """Settings of the run that lives here."""
        return settings_module.from_values(
            self.read_settings_record()["settings"], str(self.settings_file)
        )

    def write_results(self, results: dict) -> dict:
        """Writes results.json with a checksum over it and metrics.jsonl.

        Returns what was written; a checksum in `results` is of another folder.
        """
        results = {k: v for k, v in results.items() if k != "checksum"}
        results["checksum"] = self._checksum(results)
        write_json(self.results_file, results)
        return results

    def say_if_versions_changed(self) -> None:
        """Says on stderr what is installed now and was not when it began."""
        began, now = self.read_settings_record()["versions"], _versions()
        changed = ", ".join(
            f"{name} {began[name]} then, {now[name]} now"
            for name in now
            if began.get(name, now[name]) != now[name]
        )
        if changed:
            note(
                f"this run began with other package versions ({changed}): its"
                " results may differ from those of a run with the old ones."
            )

    def results(self) -> Results | None:
        """Content of results.json; None without one.

        None too where it or metrics.jsonl is not what was written: training
        again restores both from the last checkpoint.
        """
        try:
            results = read_json(self.results_file, Results, "")
            known = results.get("checksum")
            rest = {k: v for k, v in results.items() if k != "checksum"}
            sound = known is None or known == self._checksum(rest)
        except (OSError, UserError):
            return None
        return results if sound else None

    def finished_results(self) -> Results | None:
        """Reads results.json if the run is finished; None otherwise."""
        results = self.results()
        return results if results and results["status"] == "finished" else None

    def _checksum(self, results):
        digest = hashlib.sha256(as_json(results).encode())
        with (
            contextlib.suppress(FileNotFoundError),
            opened(self.metrics_file) as file,
        ):
            digest.update(file.read())
        return digest.hexdigest()

    def _write_start(self, record, split):
        for name in _FOLDERS:
            (self.path / name).mkdir(exist_ok=True)
        try:
            with written_whole(self.split_file) as file:
                split.save(file)
        except OSError as error:
            raise not_written(self.split_file, error) from None
        write_json(self.settings_file, record)

    def _remove_start(self):
        with contextlib.suppress(OSError):
            self.split_file.unlink(missing_ok=True)
            for name in _FOLDERS:
                (self.path / name).rmdir()

    def _require_same(self, settings):
        recorded = self.read_settings()
        found = settings_module.differences(settings, recorded)
        if found and not is_extension(settings, recorded):
            raise UserError(
                f"--log_dir={self.path} holds a run with other settings"
                f" ({'; '.join(found)}): choose a new folder, or give the old"
                " values to continue it, or more epochs."
            )


def _is_begun(path):
    """Whether a run that was killed before its settings.json left this."""
    if path.name in _FOLDERS and path.is_dir():
        return not any(path.iterdir())
    return path.name in _BEGUN


def default_path(settings: Settings) -> pathlib.Path:
    """runs/<dataset>-<method>-<hash>: the same settings, the same folder."""
    name = f"{settings.data.dataset}-{settings.method.name}"
    return pathlib.Path("runs") / f"{name}-{settings_hash(settings)}"


def settings_hash(settings: Settings) -> str:
    """8 hexadecimal digits of what makes a run what it is."""
    values = settings_module.identity(settings)
    values |= settings.data.own_files  # Runs of two files are two runs.
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    return digest.hexdigest()[:8]


def _with_absolute_paths(settings):
    values = settings_module.to_values(settings)
    for name in (n for n, o in options(settings.data).items() if o.path):
        path = os.path.abspath(values[name])
        # JSON takes no names that are not Unicode, such as this folder's.
        if values[name] and is_unicode(path) and values[name][0] != "~":
            values[name] = path
    return values


def _versions():
    kernels = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1")
    found = {
        "python": platform.python_version(),
        "platform": sys.platform,
        "oneDNN kernels": "off" if kernels == "0" else "on",
    }
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
