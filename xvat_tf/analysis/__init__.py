"""Figures from run folders: what was read, computed, drawn, written."""
