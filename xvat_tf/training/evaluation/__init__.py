"""What a classifier is worth: while it trains, and at a checkpoint."""
