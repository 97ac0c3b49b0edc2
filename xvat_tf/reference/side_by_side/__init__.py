"""What every side-by-side comparison needs: a child, rows, curves."""
