"""Peaks and plateaus of m between the grid's lambdas, and what rounding makes of a ray."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from construction.condition.minima import CLOSE, Minima, Rounding, leaps, minima_of, peaks_of
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import RecordedSheet

GRID = np.linspace(0, 1, 9)


def along(b):
    """The sheet with m - L(0) = -b^2 where b(lambda) is not negative, and 0 elsewhere."""

    def at(lam) -> SquaredSheet:
        lam = np.atleast_1d(np.asarray(lam, float))
        return SquaredSheet(lam, np.ones(len(lam)), b(lam), 1.0)

    return at


def high_at(*m):
    """Minima at even lambdas, m given as excess over L(0), attained at one scale each."""
    no = np.zeros(len(m), bool)
    lam = np.linspace(0, 1, len(m))
    return Minima(lam, np.array(m, float), ~no, no, no, "right", "left", no)


def known(sheet):
    return minima_of(sheet, [], Rounding())


def close_to_grid(place: float) -> bool:
    return float(np.abs(GRID - place).min()) < 1e-3


@given(st.floats(0.01, 0.99), st.floats(0.2, 3), st.floats(0.2, 3))
@settings(max_examples=40)
def test_a_kink_of_m_is_found_to_the_last_digits_wherever_it_lies(place, before, after):
    if close_to_grid(place):
        return
    at = along(lambda lam: 0.5 + np.where(lam < place, before, after) * np.abs(lam - place))
    (found,) = peaks_of(known(at(GRID)), at, 1e-15, 1.0)
    assert found.lam[0] == pytest.approx(place, abs=1e-14)
    assert found.minimum_excess[0] == pytest.approx(-0.25, abs=1e-14)


@pytest.mark.parametrize("k", [0, 4, 8])
@pytest.mark.parametrize("apart", [0.004, -0.004])
def test_a_peak_beside_the_grid_s_highest_is_found_though_a_lower_one_lies_between(k, apart):
    place, lower = GRID[k] + apart, GRID[k] + 20 * apart
    if not 0 < place < 1:
        return
    at = along(
        lambda lam: (
            0.5
            + np.abs(lam - GRID[k])
            - 0.3 * np.exp(-(((lam - place) / 0.003) ** 2))
            - 0.05 * np.exp(-(((lam - lower) / 0.02) ** 2))
        )
    )
    sheet = at(np.linspace(*sorted((GRID[k], GRID[k] + 10 * apart)), 10_001))
    (found,) = peaks_of(known(at(GRID)), at, 1e-15, 1.0)
    assert found.lam[0] == pytest.approx(sheet.lam[sheet.minimum_excess.argmax()], abs=1e-5)
    assert found.minimum_excess[0] >= sheet.minimum_excess.max()


@pytest.mark.parametrize("place", [0.3, 0.31, 0.7])
def test_a_peak_that_hides_from_the_grid_is_found_where_another_lambda_is_known(place):
    at = along(lambda lam: 0.5 + lam - 0.2 * np.exp(-(((lam - place) / 0.01) ** 2)))
    assert not peaks_of(known(at(GRID)), at, 1e-15, 1.0)
    (found,) = peaks_of(minima_of(at(GRID), [at([place + 0.005])], Rounding()), at, 1e-15, 1.0)
    assert found.lam[0] == pytest.approx(place, abs=1e-3)
    assert at(found.lam + np.array([-1e-5, 1e-5])).minimum_excess.max() < found.minimum_excess[0]


@given(st.floats(0.01, 0.99))
@settings(max_examples=20)
def test_a_smooth_peak_of_m_takes_few_looks_inside_of_the_intervals_beside_it(place):
    looks = []
    at = along(lambda lam: 0.5 + (lam - place) ** 2)
    found = peaks_of(known(at(GRID)), lambda lam: looks.extend(lam) or at(lam), 1e-15, 1.0)
    assert all(one.minimum_excess[0] == pytest.approx(-0.25, abs=1e-14) for one in found)
    assert len(found) == 1 or close_to_grid(place)
    assert len(looks) < 20
    assert max(abs(lam - place) for lam in looks) < 2 / 8


@pytest.mark.parametrize("end", [0.13, 0.24, 0.52, 0.61, 0.99])
def test_a_plateau_of_m_at_the_zero_predictor_ends_where_it_ends(end):
    at = along(lambda lam: np.maximum(lam - end, -0.1))
    found = peaks_of(known(at(GRID)), at, 1e-15, 1.0)
    assert [one.minimum_excess[0] for one in found] == [0]
    assert found[0].lam[0] == pytest.approx(end, abs=3e-15)


@pytest.mark.parametrize("place", [0.15, 0.55, 0.65])
def test_a_plateau_at_the_zero_predictor_between_two_grid_lambdas_is_found_with_its_end(place):
    at = along(lambda lam: np.abs(lam - place) - 0.01)
    (found,) = peaks_of(known(at(GRID)), at, 1e-15, 1.0)
    assert found.minimum_excess[0] == 0
    assert found.lam[0] == pytest.approx(place + 0.01, abs=3e-15)


def test_rays_in_doubt_and_rays_that_vanish_are_told_from_those_that_rise_or_fall():
    growth, slope = np.array([1, 1e-9, 1e-9, 0, 0]), np.array([-1, -1e-9, -1, -1, 0])
    least = np.array([-0.1, -0.2, -0.3, -0.4, 0])
    sheet = RecordedSheet(np.linspace(0, 1, 5), 1.0, least, least, np.ones(5), growth, slope)
    found = minima_of(sheet, [], Rounding(size=1e-6, minimum=2e-6))
    assert found.rises.tolist() == [True, False, False, False, False]
    assert found.doubtful.tolist() == [False, True, True, False, False]
    assert found.constant.tolist() == [False, True, False, False, True]
    assert found.minimum_excess.tolist() == [-0.1, 0, -0.3, -0.4, 0]
    assert (found.end, found.band) == (1, 1e-6)
    exact = minima_of(sheet, [], Rounding())
    assert exact.rises.tolist() == [True, True, True, False, False]
    assert not exact.doubtful.any()
    assert exact.minimum_excess.tolist() == least.tolist()


@dataclass
class Best:
    """What `leaps` asks of sheets: c* as a function of lambda."""

    best: Callable[[np.ndarray], np.ndarray]

    def __call__(self, lam):
        assert min(lam) >= 0
        assert max(lam) <= 1
        return SimpleNamespace(best_scale=self.best(np.array(lam)))


def step(place, low=1.0, high=2.0):
    return Best(lambda lam: np.where(lam <= place, low, high))


@pytest.mark.parametrize("beside", [-0.5, 0.0, 0.5])
def test_c_leaps_at_a_high_point_of_m_where_another_scale_takes_over(beside):
    m = high_at(-3, -1, -2)
    assert leaps(m, step(0.5 + beside * CLOSE), 0.0).tolist() == [False, True, False]
    assert leaps(m, step(0.5 + beside * CLOSE, np.nan, 1.0), 0.0).tolist() == [False, True, False]


@pytest.mark.parametrize(
    "best",
    [
        step(0.5 + 1.5 * CLOSE),
        step(0.5 - 1.5 * CLOSE),
        step(0.5, 1.0, 1.0005),
        step(0.5, 1e-4, 1.00001e-4),
        Best(lambda lam: 1 + 1e6 * (lam - 0.25)),
        Best(lambda lam: 2 + 0 * lam),
    ],
    ids=["after", "before", "hardly", "of small ones hardly", "steep", "level"],
)
def test_c_does_not_leap_where_it_changes_elsewhere_hardly_or_steadily(best):
    assert not leaps(high_at(-3, -1, -2), best, 0.0).any()


def test_a_leap_of_small_scales_is_one_too():
    assert leaps(high_at(-3, -1, -2), step(0.5, 1e-4, 1.5e-4), 0.0)[1]


def test_leaps_are_looked_for_where_m_is_above_all_that_follows_and_not_below_what_is_before():
    asked = []
    note = Best(lambda lam: asked.extend(lam.tolist()) or 1 + 0 * lam)
    leaps(high_at(-5, -3, -4, -2, -2.5, -2.6), note, 0.0)
    assert {round(5 * lam) for lam in asked} == {3}
    assert leaps(high_at(-1, -2, -3), step(0.0), 0.0).tolist() == [True, False, False]
    assert leaps(high_at(-3, -2, -1), step(1 - CLOSE / 2), 0.0).tolist() == [False, False, True]
    rest = replace(high_at(-3, -1, -2), constant=np.ones(3, bool))
    assert not leaps(rest, step(0.5), 0.0).any()
    assert leaps(replace(rest, flat=np.ones(3, bool)), step(0.5), 0.0).all()


def test_coarse_lambdas_are_looked_at_further_away():
    eps = float(np.finfo(np.float32).eps)
    m = high_at(-3, -1, -2)
    assert leaps(m, step(0.5 + 3 * eps), eps)[1]
    assert not leaps(m, step(0.5 + 3 * eps), 0.0)[1]
