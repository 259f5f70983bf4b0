"""Ratios in one run, printed; never a test."""
