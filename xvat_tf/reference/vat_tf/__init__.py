"""Runs a checkout of the official VAT (takerum/vat_tf) beside this project."""
