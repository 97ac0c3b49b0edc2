"""All code of a page runs: its Python in its order, then its commands."""

import pytest

from tests.documentation import shell
from tests.documentation.blocks import PAGES, blocks, script, shell_commands
from tests.documentation.commands import Calls
from tests.source_tree import ROOT
from xvat_tf.errors import UserError

_CODE = [
    page
    for page in PAGES
    if shell_commands(page.read_text()) or script(page.read_text()).strip()
]
_TRAINED = set()


@pytest.mark.parametrize("page", _CODE, ids=lambda page: page.name)
def test_its_code_runs(page, tmp_path, monkeypatch):
    """Its commands may read what its Python wrote."""
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    shell.prepare(tmp_path, ROOT)
    # Blank lines keep the code at its lines in the page.
    code = compile(script(text), page.name, "exec")
    exec(code, {"__name__": "__main__"})
    calls = Calls(_TRAINED, read="xvat_tf.evaluate" in text)
    for command in shell_commands(text):
        for words in shell.calls(command, tmp_path):
            calls.check(words)


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
    command = "python -m xvat_tf.train --dataset=digits"
    assert blocks(PAGE) == [
        (2, "python", "a = 1\n"),
        (6, "", f"$ {command}\naccuracy 1\n"),
        (16, "python", "b = a + 1\n"),
        (19, "bash", "echo one\n"),
    ]
    assert script(PAGE).splitlines()[1::14] == ["a = 1", "b = a + 1"]
    assert shell_commands(PAGE) == [command, "echo one\n"]


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
