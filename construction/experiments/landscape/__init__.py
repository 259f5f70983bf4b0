"""Surfaces around trained weights, and the plane of a trajectory (Li et al. 2018).

`settings` says what is asked; `directions` has the planes through the trained weights; `surface`
the objective on them, how rugged it is, and paths that lead to the weights; `measure` does it for
networks trained here, or published ones; `words` has all sentences; `figure` draws.
"""
