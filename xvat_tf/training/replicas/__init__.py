"""Several replicas of one run: devices of a machine, or a group of workers."""
