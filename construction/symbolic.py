"""The objective of the squared loss as a quadratic in c, for sympy.

The film shows it; the tests derive it from the objective written out, and from it the minimum and
the roots that the numerical code has.
"""

import sympy as sp

a, b, c, d = sp.symbols("a b c d", real=True)

#: ``g(lambda, c)``, with the moments of `construction.sheet.moments`.
QUADRATIC = a * c**2 - 2 * b * c + d
