"""The sheet ``g(lambda, c) = L(c N(W(lambda)))``: minimum over c, and the roots on its branches.

`sheet` is what all have in common: that of the squared loss, in closed form (`moments`), and those
of others (`ray_sheet`), from `rays` of outputs, by `roots`; records keep a `table` of the latter.
"""
