"""Surfaces around trained weights, and the plane of a trajectory (Li et al. 2018)."""
