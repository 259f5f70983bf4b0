"""Roots against the residual, mpmath at 60 digits and scipy's bracketing root finder."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf
from scipy.optimize.elementwise import find_root

from construction.errors import RootError
from construction.sheet.moments import SquaredSheet
from construction.solve.scale import Roots, Status, solve

EPS = float(np.finfo(float).eps)
magnitudes = st.floats(-12, 12).map(lambda x: 10.0**x)
signed = st.tuples(magnitudes, st.sampled_from([-1.0, 1.0])).map(lambda pair: pair[0] * pair[1])
#: (a, b, e) of any size, and with e a share of the way down to the minimum.
anywhere = st.tuples(magnitudes, signed, signed | st.just(0.0))
in_the_valley = st.tuples(magnitudes, magnitudes, st.just(0.0) | st.floats(1e-99, 1)).map(
    lambda t: (t[0], t[1], -t[2] * t[1] ** 2 / t[0])
)


def problem(a, b, e, branch, d=1e30):
    """One root; d is large unless it matters, as only the left branch's edge is measured by it."""
    sheet = SquaredSheet(np.zeros(1), np.array([a]), np.array([b]), d)
    roots = solve(sheet, np.array([e]), np.array([branch]))
    return sheet, float(roots.scale[0]), Status(int(roots.status[0]))


@given(anywhere | in_the_valley, st.sampled_from(["left", "right"]))
def test_a_root_has_no_residual_beyond_rounding_and_lies_on_its_branch(abe, branch):
    a, b, e = abe
    sheet, c, status = problem(a, b, e, branch, d=abs(e) / EPS if branch == "right" else abs(e))
    best = float(sheet.best_scale[0])
    if status is not Status.SOLVED:
        assert np.isnan(c)
        return
    assert best <= c if branch == "right" else 0 <= c <= best
    with mpmath.workdps(60):
        residual = abs(mpf(a) * c * c - 2 * mpf(b) * c - mpf(e))
        # backward error: a target within 16 eps of the minimum counts as the minimum, and a
        # scale of a few eps relative error moves each term by twice that
        assert residual <= 40 * EPS * (mpf(a) * c * c + 2 * abs(mpf(b)) * c + abs(mpf(e)))


@given(anywhere)
def test_every_target_above_the_zero_predictor_has_its_right_root_to_8_eps(abe):
    a, b, e = abe[0], abe[1], abs(abe[2])
    _, c, status = problem(a, b, e, "right")
    assert status is Status.SOLVED
    with mpmath.workdps(60):
        s = mpmath.sqrt(mpf(b) ** 2 + mpf(a) * e)
        wanted = (mpf(b) + s) / a
        assert abs(c - wanted) <= 8 * EPS * wanted


@given(st.tuples(magnitudes, magnitudes, st.floats(1e-6, 1 - 1e-6)))
def test_both_roots_in_the_valley_are_as_accurate_as_their_condition_allows(abt):
    a, b, t = abt
    e = -t * b**2 / a
    with mpmath.workdps(60):
        s = mpmath.sqrt(mpf(b) ** 2 + mpf(a) * e)
        # relative change of s per relative change of e: |a e| / (2 s^2)
        bound = EPS * (8 + 4 * (mpf(b) / s) ** 2)
        for branch, wanted in (("left", -mpf(e) / (b + s)), ("right", (b + s) / a)):
            _, c, status = problem(a, b, e, branch)
            assert status is Status.SOLVED
            assert abs(c - wanted) <= bound * wanted


@given(in_the_valley)
def test_left_and_right_root_lie_on_both_sides_of_the_best_scale(abe):
    sheet, left, _ = problem(*abe, "left")
    _, right, _ = problem(*abe, "right")
    assert 0 <= left <= sheet.best_scale[0] <= right


@pytest.mark.parametrize("branch", ["left", "right"])
def test_the_roots_are_those_that_a_bracketing_root_finder_finds(branch):
    rng = np.random.default_rng(3)
    n = 500
    a, b = 10.0 ** rng.uniform(-12, 12, (2, n))
    e = -rng.uniform(0.01, 0.9, n) * b**2 / a
    if branch == "right":  # which also reaches up, and has roots where b < 0
        up = rng.random(n) < 0.5
        e[up] = 10.0 ** rng.uniform(-12, 12, up.sum())
        b[up] *= rng.choice([-1, 1], up.sum())
    sheet = SquaredSheet(np.linspace(0, 1, n), a, b, 1e30)
    mine = solve(sheet, e, np.full(n, branch)).required(sheet.lam)
    best = sheet.best_scale
    high = 2.5 * (np.abs(b) + np.sqrt(a * np.abs(e))) / a
    bracket = (best, high) if branch == "right" else (np.zeros(n), best)
    found = find_root(lambda c, a, b, e: c * (a * c - 2 * b) - e, bracket, args=(a, b, e))
    assert found.success.all()
    np.testing.assert_allclose(mine, found.x, rtol=1e-13)


@pytest.mark.parametrize(
    ("a", "b", "e", "branch", "wanted"),
    [
        (1, 1, 3, "right", 3),
        (1, -1, 3, "right", 1),
        (4, 2, 0, "right", 1),
        (4, 2, 0, "left", 0),
        (1, -2, 0, "right", 0),
        (1, 0, 0, "left", 0),
        (1, 0, 4, "right", 2),
        (2, 4, -8, "left", 2),
        (2, 4, -8, "right", 2),
    ],
)
def test_simple_roots_are_exact(a, b, e, branch, wanted):
    _, c, status = problem(float(a), float(b), float(e), branch, d=10.0)
    assert (c, status) == (wanted, Status.SOLVED)


def test_a_root_near_the_zero_predictor_keeps_its_digits_where_the_textbook_loses_all():
    a, b, e = 1.0, -1.0, 1e-18
    _, c, _ = problem(a, b, e, "right")
    assert c == pytest.approx(5e-19, rel=4 * EPS)
    assert (b + np.sqrt(b * b + a * e)) / a == 0


SENTENCES = {
    (1.0, 1.0, -2.0, "right"): (Status.BELOW_MINIMUM, "what any rescaling reaches: use a higher"),
    (1.0, 1.0, -2.0, "left"): (Status.BELOW_MINIMUM, "use a higher profile"),
    (1.0, 1.0, 0.1, "left"): (
        Status.ABOVE_ZERO_PREDICTOR,
        r"ends at L\(0\), below the.*use the ri",
    ),
    (0.0, 0.0, 1.0, "right"): (
        Status.OUTPUTS_VANISH,
        "as when all outputs are zero: use another path",
    ),
    (0.0, 0.0, 0.0, "left"): (Status.OUTPUTS_VANISH, "The scale changes nothing"),
    (1.0, -1.0, -0.1, "right"): (Status.BELOW_ZERO_PREDICTOR, "No output agrees.*a higher prof"),
    (1.0, 0.0, -0.1, "left"): (Status.BELOW_ZERO_PREDICTOR, r"L\(0\) is the least any scale"),
    (1.0, 1.0, float("nan"), "right"): (Status.NOT_FINITE, "NaN or infinite.*finite objectives"),
}


@pytest.mark.parametrize(("case", "wanted"), SENTENCES.items())
def test_a_lambda_without_a_root_says_why_and_what_to_do(case, wanted):
    sheet, c, status = problem(*case, d=1.0)
    assert np.isnan(c)
    assert status is wanted[0]
    roots = Roots(np.array([np.nan]), np.array([status]))
    with pytest.raises(RootError, match=wanted[1]) as caught:
        roots.required(sheet.lam)
    assert str(caught.value).endswith(status.sentence)


def test_every_status_has_a_sentence():
    assert all(status.sentence.endswith(".") for status in Status)
    assert Status.SOLVED.sentence == "The scale meets the target."
    elsewhere = {Status.NO_RIGHT_BRANCH, Status.NEVER_REACHED, Status.OUT_OF_REACH}  # test_newton
    shown = {status for status, _ in SENTENCES.values()}
    assert shown | {Status.SOLVED} | elsewhere == set(Status)


@pytest.mark.parametrize("branch", ["left", "right"])
@pytest.mark.parametrize("excess", [np.nan, np.inf])
def test_a_target_that_is_no_number_is_not_called_solved(excess, branch):
    _, c, status = problem(1.0, 1.0, excess, branch, d=1.0)
    assert np.isnan(c)
    assert status is not Status.SOLVED


@given(st.lists(st.tuples(anywhere, st.sampled_from(["left", "right"])), min_size=1, max_size=9))
def test_a_lambda_without_a_root_spoils_no_other(cases):
    a, b, e = np.transpose([abe for abe, _ in cases])
    branches = np.array([branch for _, branch in cases])
    sheet = SquaredSheet(np.linspace(0, 1, len(a)), a, b, 1.0)
    together = solve(sheet, e, branches)
    for k in range(len(a)):
        alone = solve(sheet.at(k), e[[k]], branches[[k]])
        assert alone.status[0] == together.status[k]
        np.testing.assert_array_equal(alone.scale[0], together.scale[k])


def test_required_names_the_first_lambda_without_a_root_and_counts_them():
    lam = np.array([0.0, 0.25, 0.5, 1.0])
    sheet = SquaredSheet(lam, np.ones(4), np.ones(4), 2.0)
    roots = solve(sheet, np.array([1.0, -1.5, 0.5, -3.0]), np.full(4, "right"))
    with pytest.raises(
        RootError,
        match=r"a scale at every lambda; found none at 2 of 4, the first at "
        r"lambda = 0\.25\. The target lies below",
    ) as caught:
        roots.required(lam)
    assert (caught.value.lam, caught.value.count) == (0.25, 2)


def test_required_gives_the_scales_when_all_are_solved():
    sheet = SquaredSheet(np.zeros(2), np.ones(2), np.ones(2), 1.0)
    roots = solve(sheet, np.array([3.0, 8.0]), np.full(2, "right"))
    assert roots.required(sheet.lam).tolist() == [3.0, 4.0]
