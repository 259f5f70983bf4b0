"""Surfaces around trained weights, and the plane of a trajectory (Li et al. 2018).

`directions` has the planes through the weights, `terrain` the objective on them and how rugged it
is, `paths` what leads to the weights, and `surface` all of it for a network of one's own; `measure`
does so for networks trained here.
"""
