"""TF_CONFIG: the workers of a group and which of them this process is."""

import dataclasses
import json
from collections.abc import Mapping

from xvat_tf.errors import UserError

_JOBS = ("chief", "worker")
_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]},'
    ' "task": {"type": "worker", "index": 0}}'
)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A group of workers.

    Attributes:
        workers: `host:port` of each, the chief first.
        index: Which of them this process is, in [0, len(workers)).
    """

    workers: tuple[str, ...]
    index: int

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0


ALONE = Cluster(("",), 0)


def read_cluster(environment: Mapping[str, str]) -> Cluster:
    """The group that the variable TF_CONFIG describes.

    Args:
        environment: Environment variables of the process.

    Returns:
        The group; a job `chief` comes before the job `worker`.

    Raises:
        UserError: TF_CONFIG is missing, is no JSON, or names no such task.
    """
    text = environment.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        jobs, task = config["cluster"], config["task"]
        strange = set(jobs) - set(_JOBS)
        workers = [(job, i) for job in _JOBS for i in range(_size(jobs, job))]
        index = workers.index((task["type"], int(task["index"])))
        addresses = tuple(jobs[job][i] for job, i in workers)
        if strange or not all(map(_is_address, addresses)):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        given = text if len(text) < 200 else text[:200] + "..."
        raise UserError(
            "--distribute=multiworker reads the environment variable"
            f" TF_CONFIG, which is {given or 'not set'}: set it to something"
            f" like {_EXAMPLE}, with another index for each process."
        ) from None
    return Cluster(addresses, index)


def _size(jobs, job):
    if not isinstance(jobs.get(job, []), list):
        raise TypeError
    return len(jobs.get(job, []))


def _is_address(address):
    host, _, port = address.rpartition(":")
    return bool(host) and port.isdigit() and 0 < int(port) < 2**16
