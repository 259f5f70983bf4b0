"""What a sheet allows: whether the theorem applies, and whether it holds a decreasing path.

`minima` has the sheet's minimum m and what rounding makes of it, `branches` which branches a path
takes and where it crosses, `examine` the conditions with values, and the whole survey.
docs/theory/when-a-path-exists.md states the theorem that is decided here, and proves it.
"""
