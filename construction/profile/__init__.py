"""Strictly decreasing targets v(lambda)."""
