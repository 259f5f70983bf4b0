"""Real weights, by training that can be interrupted.

`recipe` is the settings of a run, `build` makes its network, data, optimiser, learning rate and
augmented images, `training` trains and keeps the weights, and `side_by_side` trains
several networks at once.
"""
