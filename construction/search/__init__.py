"""Better base paths, where the straight line has a barrier.

- `bending`: a Bezier curve trained to lower the highest minimum on the way.
- `alignment`: hidden units of one network permuted to match those of another.
- `symmetry`: the permutations that leave a network's function as it is, read off its modules.
"""
