"""What a process says and hears: streams, signals, progress."""
