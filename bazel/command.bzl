"""A command of the project, as `python -m` runs it."""

load("@rules_python//python:defs.bzl", "py_binary")

def command(name):
    """Declares the binary `xvat-NAME` of the module `xvat_tf.NAME`."""
    py_binary(
        name = "xvat-" + name,
        srcs = ["//bazel:command.py"],
        args = ["xvat_tf." + name],
        main = "//bazel:command.py",
        deps = [
            ":commands",
            ":xvat_tf",
        ],
    )
