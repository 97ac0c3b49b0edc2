"""The cells of the paper's tables, each with the flagfile of its run."""
