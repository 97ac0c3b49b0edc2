"""Figures and audits of run folders: what is read, computed, drawn."""
