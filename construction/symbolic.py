"""sympy derives the quadratic in c from the objective written out.

The film shows it; the tests derive from it the minimum and the roots that the numerical code has.
"""

import sympy as sp

a, b, c, d = sp.symbols("a b c d", real=True)


def definition(samples: int, outputs: int) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]:
    """The objective ``(1/m) sum_t ||c N_t - y_t||^2`` written out, and a, b and d as such sums.

    >>> objective, moments = definition(samples=2, outputs=3)
    >>> sp.expand(objective - quadratic().subs(moments))
    0
    """
    N = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"N_{t}{j}", real=True))
    y = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"y_{t}{j}", real=True))

    def mean(matrix: sp.Matrix) -> sp.Expr:
        return sp.Add(*matrix) / samples

    products = {a: (N, N), b: (N, y), d: (y, y)}
    moments = {name: mean(one.multiply_elementwise(two)) for name, (one, two) in products.items()}
    return mean((c * N - y).applyfunc(lambda x: x**2)), moments


def quadratic() -> sp.Expr:
    """``g(lambda, c) = a c^2 - 2 b c + d``: collected in c from the definition.

    >>> quadratic()
    a*c**2 - 2*b*c + d
    """
    objective, moments = definition(samples=1, outputs=1)
    named = {written_out: name for name, written_out in moments.items()}
    curvature, slope, constant = sp.Poly(sp.expand(objective), c).all_coeffs()
    return named[curvature] * c**2 - 2 * named[-slope / 2] * c + named[constant]
