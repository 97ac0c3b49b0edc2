"""Accuracy under attacks, noise and masks."""
