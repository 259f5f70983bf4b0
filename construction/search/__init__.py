"""Better base paths, where the straight line has a barrier.

- `bending`: a Bezier curve trained to lower the highest minimum on the way.
- `alignment`: hidden units of one network permuted to match those of another.
"""
