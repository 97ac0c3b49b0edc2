"""What pyproject.toml cannot say: `flags/` is installed inside the package."""

from setuptools import find_namespace_packages, setup

FOUND = find_namespace_packages(include=["xvat_tf*"], exclude=["*.__pycache__"])
setup(
    packages=[*FOUND, "xvat_tf.flags"],
    package_dir={"xvat_tf.flags": "flags"},
)
