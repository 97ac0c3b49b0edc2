"""Runs test files with pytest: the main program of every test."""

import os
import sys

import pytest

if __name__ == "__main__":
    scratch = os.path.join(os.environ["TEST_TMPDIR"], "pytest")
    # Without a home, Matplotlib makes a folder that forks delete for others.
    os.environ["MPLCONFIGDIR"] = os.environ["TEST_TMPDIR"]
    options = ["-n0", "-p", "no:cacheprovider", f"--basetemp={scratch}"]
    sys.exit(pytest.main([*options, *sys.argv[1:]]))
