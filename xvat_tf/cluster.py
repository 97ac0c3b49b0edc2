"""TF_CONFIG: the workers of a group and which of them this process is."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict

from xvat_tf.errors import UserError
from xvat_tf.files import parse_json

_JOBS = ("chief", "worker")
_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]},'
    ' "task": {"type": "worker", "index": 0}}'
)


class _Task(TypedDict):
    type: str
    index: int


class _Config(TypedDict):
    cluster: dict[Literal["chief", "worker"], list[str]]
    task: _Task


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The `host:port` of each worker, the chief first; which one this is."""

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0


ALONE = Cluster(("",), 0)


def read_cluster(environment: Mapping[str, str]) -> Cluster:
    """The group that the variable TF_CONFIG of an environment describes.

    A job `chief` comes before the job `worker`. A UserError says that it is
    missing, is no JSON, or names no such task.
    """
    text = environment.get("TF_CONFIG", "")
    try:
        config = parse_json(text, _Config, "TF_CONFIG", "")
        jobs, task = config["cluster"], config["task"]
        workers = [(j, i) for j in _JOBS for i in range(len(jobs.get(j, [])))]
        index = workers.index((task["type"], task["index"]))
        addresses = tuple(jobs[job][i] for job, i in workers)
        if not all(map(_is_address, addresses)):
            raise ValueError
    except (ValueError, UserError):
        given = text if len(text) < 200 else text[:200] + "..."
        raise UserError(
            "--distribute=multiworker reads the environment variable"
            f" TF_CONFIG, which is {given or 'not set'}: set it to something"
            f" like {_EXAMPLE}, with another index for each process."
        ) from None
    return Cluster(addresses, index)


def _is_address(address):
    host, _, port = address.rpartition(":")
    return bool(host) and port.isdecimal() and 0 < int(port) < 2**16
