"""The reference programs, timed step by step in processes of their own."""
