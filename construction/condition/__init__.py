"""What a sheet allows: whether the theorem applies, and whether it holds a decreasing path.

    minima      the sheet's minimum m at the grid's lambdas and at its peaks between them; by how
                much the rounding of outputs moves what is decided
    decision    which branches a path takes, where it crosses; passing a ray that is constant in c
    examine     conditions 1 and 2 and the sheet barrier with values, and the whole survey

docs/theory/when-a-path-exists.md states the theorem that is decided here, and proves it.
"""
