"""The audit of the paper's claims about masks and weights."""
