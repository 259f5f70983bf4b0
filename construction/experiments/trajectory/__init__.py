"""How far training strays from the straight line, beside a random walk.

`settings` says what is asked; `alpha_beta` measures a trajectory against its line, and draws a walk
and has its closed form; `measure` does it for trained networks; `words` has the numbers and all
sentences; `figure` draws.
"""
