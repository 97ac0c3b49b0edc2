"""Agreement with the reference programs, number by number."""
