import json

import pytest

from xvat_tf.cluster import read_cluster
from xvat_tf.errors import UserError


def _text(jobs, kind, index):
    task = {"type": kind, "index": index}
    return json.dumps({"cluster": jobs, "task": task})


def _read(cluster, kind="worker", index=0):
    return read_cluster({"TF_CONFIG": _text(cluster, kind, index)})


def test_the_first_worker_is_the_chief():
    workers = {"worker": ["a:1", "b:2"]}
    first, second = _read(workers, index=0), _read(workers, index=1)
    assert first.workers == second.workers == ("a:1", "b:2")
    assert (first.is_chief, second.is_chief) == (True, False)


def test_a_chief_comes_before_the_workers():
    jobs = {"worker": ["a:1", "b:2"], "chief": ["c:3"]}
    assert _read(jobs, "chief", 0).is_chief
    found = _read(jobs, "worker", 1)
    assert (found.workers, found.index) == (("c:3", "a:1", "b:2"), 2)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "{", "[]", "null", "{}"),
        '{"cluster": {"worker": ["a:1"]}}',
        _text({"worker": ["a:1"]}, "worker", 1),
        _text({"worker": ["a:1"]}, "worker", -1),
        _text({"worker": ["a:1"]}, "chief", 0),
        _text({"worker": "a:1"}, "worker", 0),
        _text({"worker": ["a"]}, "worker", 0),
        _text({"worker": ["a:b"]}, "worker", 0),
        _text({"worker": [1]}, "worker", 0),
        _text({"ps": ["a:1"]}, "ps", 0),
        _text({"worker": ["a:1"], "ps": ["b:1"]}, "worker", 0),
    ],
)
def test_anything_else_is_one_line_that_shows_how(text):
    environment = {} if text is None else {"TF_CONFIG": text}
    with pytest.raises(UserError, match="TF_CONFIG.*set it to something like"):
        read_cluster(environment)
