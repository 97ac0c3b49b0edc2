"""Markdown tables, letter by letter."""

from xvat_tf.markdown import table


def test_table_is_markdown():
    assert table(("name", "n"), [("a", "1"), ("bcd", "23")]) == (
        "| name |  n |\n|------|---:|\n| a    |  1 |\n| bcd  | 23 |"
    )
