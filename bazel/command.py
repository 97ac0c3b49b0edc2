"""Runs a module as `python -m` does: the main program of every binary.

The module's own file is none: Python looks for imports next to the main
program first, where `markdown.py` is not the package that others mean.
"""

import runpy
import sys

if __name__ == "__main__":
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
