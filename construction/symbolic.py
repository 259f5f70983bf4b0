"""sympy derives the quadratic in c, its convexity, its roots and their stable forms.

These expressions are what the numerical code is tested against, and what the film shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

a, b, d = sp.symbols("a b d", real=True)
c, lam = sp.symbols("c lambda", real=True)
#: The excess over the zero predictor, e = v - d.
e = sp.Symbol("e", real=True)
#: L(0) and L(W(0)) as symbols.
L0, L_initial = sp.symbols("L_0 L_i", positive=True)


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


def curvature() -> sp.Expr:
    """The second derivative in c, ``2 a``: not negative, as a is a mean of squares.

    >>> curvature()
    2*a
    """
    return sp.diff(quadratic(), c, 2)


def best_scale() -> sp.Expr:
    """The stationary point ``c* = b / a``.

    >>> best_scale()
    b/a
    """
    (stationary,) = sp.solve(sp.diff(quadratic(), c), c)
    return stationary


def minimum() -> sp.Expr:
    """``m = d - b^2 / a``.

    >>> minimum()
    d - b**2/a
    """
    return sp.expand(quadratic().subs(c, best_scale()))


def roots() -> tuple[sp.Expr, sp.Expr]:
    """The left and the right root of g = v, in terms of the excess e = v - d.

    >>> roots()[1]
    (b + sqrt(a*e + b**2))/a
    """
    both = sp.solve(quadratic().subs(d, 0) - e, c)
    values = [(root.subs({a: 1, b: 0, e: 1}), root) for root in both]
    (_, left), (_, right) = sorted(values, key=lambda pair: pair[0])
    return left, right


def stable_roots() -> tuple[sp.Expr, sp.Expr]:
    """Both roots with the difference rationalised away: left for b > 0, right for b < 0.

    Multiplying ``b -+ s`` by ``b +- s``, with ``s = sqrt(a e + b^2)``, leaves ``-a e``.

    >>> stable_roots()
    (-e/(b + sqrt(a*e + b**2)), -e/(b - sqrt(a*e + b**2)))
    """
    left, right = roots()
    s = sp.sqrt(a * e + b**2)
    return _rationalised(left, b + s), _rationalised(right, b - s)


def descent_end() -> sp.Expr:
    """The other scale with the objective of c = 1: ``2 c* - 1``.

    >>> descent_end()
    -1 + 2*b/a
    """
    level = quadratic().subs(c, 1)
    (other,) = [root for root in sp.solve(quadratic() - level, c) if root != 1]
    return sp.expand(other)


def paper_target() -> sp.Expr:
    """The proof's target where L(0) > L(W(1)).

    Safran and Shamir 2016, proof of Theorem 1.
    """
    return (1 - lam / 3) * L_initial + lam / 3 * L0


def _rationalised(root: sp.Expr, conjugate: sp.Expr) -> sp.Expr:
    numerator = sp.expand(root * conjugate)
    return sp.simplify(numerator) / conjugate
