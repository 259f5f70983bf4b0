"""Real weights, by training that can be interrupted.

`recipe` is the settings of a run, `build` makes its network and data, `steps` its optimiser,
learning rate and augmentation, and `training` trains and keeps the weights.
"""
