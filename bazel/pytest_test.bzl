"""A test that pytest runs."""

load("@rules_python//python:defs.bzl", "py_test")

def pytest_test(name, src, data = [], **kwargs):
    """Declares a py_test of one file.

    Args:
        name: Name of the test.
        src: The test file, in the package of the caller.
        data: Files that it opens.
        **kwargs: Further attributes of py_test.
    """
    py_test(
        name = name,
        size = "large",
        srcs = [
            src,
            "//bazel:test_file.py",
        ],
        args = ["$(rootpath %s)" % src],
        data = data + ["//:pyproject.toml"],
        main = "//bazel:test_file.py",
        **kwargs
    )
