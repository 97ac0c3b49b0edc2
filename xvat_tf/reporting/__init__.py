"""One page that compares runs, made of their folders."""

from xvat_tf.reporting.page import Chapter, render, write_chapters
