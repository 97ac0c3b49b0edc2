"""The collector of code blocks sees what it should, and can fail."""

import subprocess
import sys

import pytest

from tests.documentation import shell
from tests.documentation.blocks import (
    ROOT,
    Block,
    blocks,
    script,
    shell_commands,
)
from tests.documentation.commands import Calls, flags_of
from xvat_tf.errors import UserError

PAGE = """\
# Title
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


@pytest.fixture
def folder(tmp_path):
    return shell.prepare(tmp_path, ROOT)


def test_blocks_of_a_page():
    assert blocks(PAGE) == [
        Block(3, "python", "a = 1"),
        Block(7, "", "$ python -m xvat_tf.train --dataset=digits\naccuracy 1"),
        Block(13, "bash", "sleep 86400", "takes a day"),
        Block(17, "python", "b = a + 1"),
        Block(20, "bash", "echo one"),
    ]


def test_python_keeps_its_line_numbers():
    code = script(PAGE + "```python\nraise KeyError(b)\n```\n")
    assert code.splitlines()[2] == "a = 1"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert "line 23" in done.stderr and "KeyError: 2" in done.stderr


def test_commands_of_a_page():
    assert shell_commands(PAGE) == [
        "python -m xvat_tf.train --dataset=digits",
        "echo one",
    ]


@pytest.mark.parametrize(
    "page, problem",
    [
        ("```py\na\n```", "not 'py'"),
        ("```sh\na\n```", "not 'sh'"),
        ("text\n```python\na\n", "has no end"),
    ],
)
def test_no_block_escapes(page, problem):
    with pytest.raises(ValueError, match=problem):
        blocks(page)


@pytest.mark.parametrize(
    "above", ["<!-- not run: -->", "<!-- skip -->", "<!-- not run: x -->\ntext"]
)
def test_a_block_needs_a_reason_right_above_it(above):
    assert blocks(f"{above}\n```bash\na\n```")[0].is_run


def test_bash_expands_what_is_recorded(folder):
    command = """\
set="--seed=1 --eta=2"
for name in a b; do
  timeout 9 python -m $name $set 'x y'
done
tensorboard --logdir=runs | cat &"""
    tail = ["--seed=1", "--eta=2", "x y"]
    found = shell.calls(command, folder)
    assert sorted(found) == [
        ["python", "-m", "a", *tail],
        ["python", "-m", "b", *tail],
        ["tensorboard", "--logdir=runs"],
    ]


def test_a_program_that_does_not_exist_fails(folder):
    with pytest.raises(subprocess.CalledProcessError):
        shell.calls("no-such-program --help", folder)


@pytest.mark.parametrize(
    "words",
    [
        ["python", "-m", "xvat_tf.train", "--no_such_flag=1"],
        ["python", "-m", "xvat_tf.train", "--dataset=digits", "--epsilon=-1"],
        ["python", "-m", "xvat_tf.figures", "--datum=digits"],
    ],
)
def test_a_wrong_flag_fails(words):
    with pytest.raises(UserError):
        Calls().check(words)


@pytest.mark.parametrize(
    "words",
    [
        ["python", "no_such_example.py"],
        ["python", "-m", "pytest", "tests/no_such_test.py"],
        ["tensorboard", "--log_dir=runs"],
        ["rm", "-r", "runs"],
    ],
)
def test_a_wrong_call_fails(words):
    with pytest.raises(AssertionError):
        Calls().check(words)


def test_flags_are_read_and_nothing_else_is_done():
    arguments = ["--dataset=cifar10", "--method=vat", "--streaming"]
    assert flags_of("xvat_tf.train", arguments) == {
        "dataset": "cifar10",
        "method": "vat",
        "streaming": True,
    }


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
