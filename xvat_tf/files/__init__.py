"""Files: read without trust in what they are, written whole or not at all."""

from xvat_tf.files.reading import opened, parse_json, read_json, read_text
from xvat_tf.files.writing import (
    TEMPORARY,
    appended,
    as_json,
    not_written,
    require_writable,
    write_json,
    write_text,
    written_whole,
)
