"""sympy derives the quadratic in c from the objective written out.

The film shows it; the tests derive from it the minimum and the roots that the numerical code has.
"""

from dataclasses import dataclass

import sympy as sp

a, b, c, d = sp.symbols("a b c d", real=True)


@dataclass(frozen=True)
class Definition:
    """a, b and d as sums over samples and outputs, and the objective that they come from."""

    objective: sp.Expr
    a: sp.Expr
    b: sp.Expr
    d: sp.Expr


def definition(samples: int, outputs: int) -> Definition:
    """The objective ``(1/m) sum_t ||c N_t - y_t||^2`` written out, with its three moments.

    >>> m = definition(samples=2, outputs=3)
    >>> sp.expand(m.objective - quadratic().subs({a: m.a, b: m.b, d: m.d}))
    0
    """
    N = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"N_{t}{j}", real=True))
    y = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"y_{t}{j}", real=True))

    def mean(matrix: sp.Matrix) -> sp.Expr:
        return sp.Add(*matrix) / samples

    return Definition(
        objective=mean((c * N - y).applyfunc(lambda x: x**2)),
        a=mean(N.multiply_elementwise(N)),
        b=mean(N.multiply_elementwise(y)),
        d=mean(y.multiply_elementwise(y)),
    )


def quadratic() -> sp.Expr:
    """``g(lambda, c) = a c^2 - 2 b c + d``: collected in c from the definition.

    >>> quadratic()
    a*c**2 - 2*b*c + d
    """
    written_out = definition(samples=1, outputs=1)
    by_power = sp.Poly(sp.expand(written_out.objective), c).all_coeffs()
    named = {written_out.a: a, written_out.b: b, written_out.d: d}
    curvature, slope, constant = by_power
    return named[curvature] * c**2 - 2 * named[-slope / 2] * c + named[constant]
