"""Runs a checkout of the authors' PyTorch xVAT beside this project."""
