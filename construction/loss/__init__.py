"""Losses convex in the prediction."""
