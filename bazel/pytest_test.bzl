"""The tests of a folder, which pytest runs."""

load("@rules_python//python:defs.bzl", "py_test")

def pytest_test(name, pattern, **kwargs):
    """Declares a test of all files that match a pattern.

    Args:
        name: Name of the test.
        pattern: Glob of the test files.
        **kwargs: Further attributes of py_test.
    """
    srcs = native.glob([pattern])
    py_test(
        name = name,
        size = "enormous",
        srcs = srcs + ["//bazel:run_pytest.py"],
        args = ["$(rootpath %s)" % src for src in srcs],
        main = "//bazel:run_pytest.py",
        deps = [
            ":shared",
            "//:commands",
            "//:xvat_tf",
        ],
        **kwargs
    )
