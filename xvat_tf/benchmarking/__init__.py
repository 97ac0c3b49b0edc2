"""Step times and memory, ours and the reference programs'."""
