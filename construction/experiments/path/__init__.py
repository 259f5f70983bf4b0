"""Constructed paths: two networks trained, two routes, every profile."""
