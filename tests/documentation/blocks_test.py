"""The collector of code blocks sees what it should, and can fail."""

import pytest

from tests.documentation.blocks import (
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
