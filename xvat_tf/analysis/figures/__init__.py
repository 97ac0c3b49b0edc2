"""The figures: what is read and computed for each, and how it is drawn."""
