"""The formulas against their definitions, and the numerical code against the formulas.

The formulas are evaluated at 50 digits; the moments a, b and the levels are drawn by hypothesis.
"""

from functools import cache

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mpf

from construction.profile import paper
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import Levels
from construction.solve.scale import Status, solve
from construction.symbolic import QUADRATIC, a, b, c, d
from construction.theorem.construct import construct

from .problems import through

EPS = float(np.finfo(float).eps)
positive = st.floats(-6, 6).map(lambda x: 10.0**x)
signed = st.tuples(positive, st.sampled_from([-1, 1])).map(lambda t: t[0] * t[1])
#: Moments of any outputs: a > 0, and d at least b^2 / a as the Cauchy-Schwarz inequality says.
moments = st.tuples(positive, signed, st.floats(1, 3)).map(
    lambda t: (*t[:2], t[2] * t[1] ** 2 / t[0])
)


@cache
def function_of(expression):
    """An expression as a function for mpmath, and the names of its arguments."""
    symbols = sorted(expression.free_symbols, key=str)
    return sp.lambdify(symbols, expression, "mpmath"), [str(symbol) for symbol in symbols]


def exact(expression, **values) -> mpf:
    """An expression at 50 digits; values by the names of its symbols, 'lam' for lambda."""
    function, names = function_of(expression)
    with mpmath.workdps(50):
        return function(*[mpf(values["lam" if name == "lambda" else name]) for name in names])


def one(a_value: float, b_value: float, d_value: float) -> SquaredSheet:
    return SquaredSheet(np.zeros(1), np.array([a_value]), np.array([b_value]), d_value)


#: lambda, and the excess over the zero predictor, e = v - d.
lam, e = sp.symbols("lambda e", real=True)
#: L(0) and L(W(0)), and the proof's target where L(0) > L(W(1)): Safran and Shamir 2016, Theorem 1.
L0, L_initial = sp.symbols("L_0 L_i", positive=True)
PAPER = (1 - lam / 3) * L_initial + lam / 3 * L0

G = QUADRATIC
#: The stationary point b / a, and g there.
(BEST,) = sp.solve(sp.diff(G, c), c)
LOWEST = sp.expand(G.subs(c, BEST))
#: The left and the right root of g = v.
ROOTS = sorted(sp.solve(G.subs(d, 0) - e, c), key=lambda root: root.subs({a: 1, b: 0, e: 1}))
#: The other scale with the objective of c = 1.
(END,) = (sp.expand(root) for root in sp.solve(G - G.subs(c, 1), c) if root != 1)


def rationalised(root: sp.Expr, conjugate: sp.Expr) -> sp.Expr:
    """A root times its conjugate, over its conjugate."""
    return sp.simplify(sp.expand(root * conjugate)) / conjugate


#: The left root for b > 0, the right one for b < 0: ``b -+ s`` times ``b +- s`` is ``-a e``.
S = sp.sqrt(a * e + b**2)
STABLE = rationalised(ROOTS[0], b + S), rationalised(ROOTS[1], b - S)


# --- the formulas --------------------------------------------------------------------------------


def definition(samples: int, outputs: int) -> tuple[sp.Expr, dict[sp.Symbol, sp.Expr]]:
    """The objective ``(1/m) sum_t ||c N_t - y_t||^2`` written out, and a, b and d as such sums."""
    N = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"N_{t}{j}", real=True))
    y = sp.Matrix(samples, outputs, lambda t, j: sp.Symbol(f"y_{t}{j}", real=True))

    def mean(matrix: sp.Matrix) -> sp.Expr:
        return sp.Add(*matrix) / samples

    products = {a: (N, N), b: (N, y), d: (y, y)}
    moments = {name: mean(one.multiply_elementwise(two)) for name, (one, two) in products.items()}
    return mean((c * N - y).applyfunc(lambda x: x**2)), moments


@pytest.mark.parametrize(("samples", "outputs"), [(1, 1), (1, 3), (2, 1), (2, 3), (5, 2), (3, 4)])
def test_the_quadratic_is_the_objective_written_out(samples, outputs):
    objective, moments = definition(samples, outputs)
    assert sp.expand(objective - G.subs(moments)) == 0


def test_the_definition_is_the_mean_over_samples_of_the_sum_over_outputs():
    objective, moments = definition(samples=2, outputs=2)
    N = np.array([[1.0, -2.0], [0.5, 3.0]])
    y = np.array([[0.0, 1.0], [-1.0, 2.0]])
    values = {
        f"{kind}_{t}{j}": array[t, j]
        for kind, array in (("N", N), ("y", y))
        for t in range(2)
        for j in range(2)
    }
    wanted = ((1.5 * N - y) ** 2).sum(axis=1).mean()
    assert exact(objective, c=1.5, **values) == wanted
    assert exact(moments[a], **values) == (N**2).sum(axis=1).mean()
    assert exact(moments[b], **values) == (N * y).sum(axis=1).mean()
    assert exact(moments[d], **values) == (y**2).sum(axis=1).mean()


@pytest.mark.parametrize("side", [0, 1], ids=["left", "right"])
def test_both_roots_meet_the_target(side):
    root = ROOTS[side]
    assert sp.simplify(G.subs(c, root) - d - e) == 0


@pytest.mark.parametrize("side", [0, 1], ids=["left", "right"])
def test_a_stable_root_is_the_textbooks(side):
    assert STABLE[side] == [-e / (b + S), -e / (b - S)][side]
    assert sp.simplify(STABLE[side] - ROOTS[side]) == 0


@given(moments, st.floats(1e-3, 0.999))
def test_the_left_root_lies_below_the_best_scale_and_the_right_root_above(abd, share):
    values = {"a": abd[0], "b": abd[1], "e": -share * abd[1] ** 2 / abd[0]}
    left, right = (exact(root, **values) for root in ROOTS)
    assert left < exact(BEST, **values) < right


def test_the_curvature_is_a_mean_of_squares_and_so_never_negative():
    objective, moments = definition(samples=3, outputs=2)
    curvature = sp.diff(G, c, 2).subs(a, moments[a])
    assert curvature.is_nonnegative
    assert sp.expand(curvature - sp.diff(objective, c, 2)) == 0


def test_the_minimum_is_stationary_and_below_the_parabola_by_a_square():
    assert sp.diff(G, c).subs(c, BEST).simplify() == 0
    assert sp.simplify(G - LOWEST - a * (c - BEST) ** 2) == 0


def test_the_end_of_the_descent_has_the_objective_of_the_scale_1_on_the_other_side():
    assert sp.simplify(G.subs(c, END) - G.subs(c, 1)) == 0
    assert sp.simplify((END + 1) / 2 - BEST) == 0


def test_the_papers_target_starts_at_the_start_and_goes_a_third_of_the_way_evenly():
    target, start, zero = PAPER, L_initial, L0
    assert target.subs(lam, 0) == start
    assert sp.expand(target.subs(lam, 1) - (start - (start - zero) / 3)) == 0
    assert sp.expand(sp.diff(target, lam) + (start - zero) / 3) == 0


# --- the numbers ---------------------------------------------------------------------------------


@given(moments, positive)
def test_the_sheet_is_the_quadratic(abd, scale):
    found = one(*abd).value(scale)[0]
    wanted = exact(G, a=abd[0], b=abd[1], d=abd[2], c=scale)
    terms = abd[0] * scale**2 + 2 * abs(abd[1]) * scale + abd[2]
    assert abs(found - wanted) <= 8 * EPS * terms


@given(moments)
def test_the_sheets_lowest_point_is_the_formulas_where_outputs_agree_with_targets(abd):
    a_value, b_value, d_value = abd[0], abs(abd[1]), abd[2]
    sheet = one(a_value, b_value, d_value)
    best = exact(BEST, a=a_value, b=b_value)
    lowest = exact(LOWEST, a=a_value, b=b_value, d=d_value)
    assert abs(sheet.best_scale[0] - best) <= 2 * EPS * best
    assert abs(sheet.minimum_excess[0] - (lowest - mpf(d_value))) <= 4 * EPS * (d_value - lowest)
    assert abs(sheet.minimum[0] - lowest) <= 8 * EPS * d_value


@given(moments, positive)
def test_the_right_root_above_the_zero_predictor_is_the_formulas(abd, excess):
    roots = solve(one(*abd), np.array([excess]), np.array(["right"]))
    wanted = exact(ROOTS[1], a=abd[0], b=abd[1], e=excess)
    assert abs(roots.scale[0] - wanted) <= 8 * EPS * wanted


@given(moments, st.floats(1e-6, 0.99), st.sampled_from(["left", "right"]))
def test_both_roots_below_the_zero_predictor_are_the_formulas(abd, share, branch):
    a_value, b_value = abd[0], abs(abd[1])
    excess = -share * b_value**2 / a_value
    roots = solve(one(a_value, b_value, abd[2]), np.array([excess]), np.array([branch]))
    side = ["left", "right"].index(branch)
    wanted = exact(ROOTS[side], a=a_value, b=b_value, e=excess)
    assert roots.status[0] == Status.SOLVED
    # s = sqrt(b^2 + a e) amplifies the rounding of e by up to share / (1 - share) / 2
    assert abs(roots.scale[0] - wanted) <= (8 + 4 / (1 - share)) * EPS * wanted


@given(positive, st.floats(1.01, 1e6), st.floats(0, 0.999), st.floats(0, 1))
def test_the_papers_profile_is_the_papers_target(zero, factor, end, place):
    levels = Levels(zero, zero * factor - zero, zero * end - zero)
    found = zero + paper(levels).stretches[0].function(np.array([place]))[0]
    wanted = exact(PAPER, L_0=zero, L_i=levels.initial, lam=place)
    assert abs(found - wanted) <= 4 * EPS * levels.initial


@settings(max_examples=50)
@given(st.floats(0.1, 0.999), st.floats(0, 0.3))
def test_the_descent_ends_at_the_other_point_of_the_final_objective(first, second):
    path = construct(*through((4.0, 0.5), (first, second)), points=3)
    a_value, b_value = float(path.sheet.a[-1]), float(path.sheet.b[-1])
    other = exact(END, a=a_value, b=b_value)
    assume(abs(other - 1) > 1e-9)
    end = path.phases[-1].scale_stop
    assert path.phases[-1].name == "descend"
    assert abs(end - max(other, 1)) <= 4 * EPS * end
    level = exact(G, a=a_value, b=b_value, d=path.zero_objective, c=end)
    assert level == pytest.approx(path.final_objective, rel=1e-13, abs=1e-14)
