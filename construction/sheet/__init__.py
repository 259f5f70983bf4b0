"""The sheet ``g(lambda, c) = L(c N(W(lambda)))``: minimum over c, and the roots on its branches.

- `sheet`: what all sheets have in common; the levels that a path starts from and ends at.
- `moments`: the squared loss, a parabola in c at each lambda, in closed form.
- `ray_sheet`: any other loss, from the outputs of the network; `rays`: these, evaluated together.
- `table`: g on a grid of lambdas and scales, for the record of such a loss.
- `roots`: where the minimum and the root of each ray are solved for, as those of cross-entropy:
  `minimise` and `find_root`, by Newton's method inside a bracket.
"""
