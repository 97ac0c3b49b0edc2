"""The collector of code blocks sees what it should, and can fail."""

import subprocess

import pytest

from tests.documentation import shell
from tests.documentation.blocks import (
    ROOT,
    Block,
    blocks,
    script,
    shell_commands,
)
from tests.documentation.commands import Calls
from xvat_tf.errors import UserError

PAGE = """\
```python
a = 1
```
Text, and shown output:
```
$ python -m xvat_tf.train --dataset=digits
accuracy 1
```
<!-- not run: takes a day -->

```bash
sleep 86400
```
- A list:
  ```python
  b = a + 1
  ```
```bash
echo one
```
"""


def test_blocks_of_a_page():
    assert blocks(PAGE) == [
        Block(2, "python", "a = 1"),
        Block(6, "", "$ python -m xvat_tf.train --dataset=digits\naccuracy 1"),
        Block(12, "bash", "sleep 86400", "takes a day"),
        Block(16, "python", "b = a + 1"),
        Block(19, "bash", "echo one"),
    ]
    assert script(PAGE).splitlines()[1::14] == ["a = 1", "b = a + 1"]
    command = "python -m xvat_tf.train --dataset=digits"
    assert shell_commands(PAGE) == [command, "echo one"]


@pytest.mark.parametrize("page", ["```py\na\n```", "text\n```python\na\n"])
def test_no_block_escapes(page):
    with pytest.raises(ValueError):
        blocks(page)


def test_bash_expands_what_is_recorded(tmp_path):
    folder = shell.prepare(tmp_path, ROOT)
    command = """\
set="--seed=1 --eta=2"
for name in a b; do
  timeout 9 python -m $name $set 'x y'
done
tensorboard --logdir=runs | cat &"""
    tail = ["--seed=1", "--eta=2", "x y"]
    assert sorted(shell.calls(command, folder)) == [
        ["python", "-m", "a", *tail],
        ["python", "-m", "b", *tail],
        ["tensorboard", "--logdir=runs"],
    ]
    with pytest.raises(subprocess.CalledProcessError):
        shell.calls("no-such-program --help", folder)


@pytest.mark.parametrize(
    "words",
    [
        ["python", "-m", "xvat_tf.train", "--no_such_flag=1"],
        ["python", "-m", "xvat_tf.train", "--dataset=digits", "--epsilon=-1"],
        ["python", "no_such_example.py"],
        ["python", "-m", "pytest", "tests/no_such_test.py"],
        ["tensorboard", "--log_dir=runs"],
        ["rm", "-r", "runs"],
    ],
)
def test_a_wrong_call_fails(words):
    with pytest.raises((AssertionError, UserError)):
        Calls().check(words)


def test_short_runs_run_once_and_are_evaluated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    calls, train = Calls(), ["python", "-m", "xvat_tf.train"]
    first = ["--dataset=digits", "--method=mle", "--log_dir=runs/first"]
    calls.check([*train, *first])
    calls.check([*train, "--dataset=digits", "--method=mle", "--seed=2"])
    calls.check([*train, "--dataset=mnist", "--method=mle"])
    calls.check(["python", "-m", "xvat_tf.evaluate", "--log_dir=runs/first"])
    calls.check(["python", "-m", "xvat_tf.evaluate", "--log_dir=runs/other"])
    assert calls.ran == [first, ["--log_dir=runs/first"]]
