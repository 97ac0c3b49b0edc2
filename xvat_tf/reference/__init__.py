"""The reference programs, run from a checkout beside this project."""
