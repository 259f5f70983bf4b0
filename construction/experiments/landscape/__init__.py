"""Surfaces around trained weights, and the plane of a trajectory (Li et al. 2018).

`directions` has planes, `terrain` the objective on them, `surface` all for a network of one's own.
"""
