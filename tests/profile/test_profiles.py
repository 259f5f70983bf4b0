import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from construction.errors import InputError
from construction.profile import THETA, custom, even, paper
from construction.sheet.sheet import Levels


def objectives(zero: float, initial: float, final: float) -> Levels:
    return Levels(zero, initial - zero, final - zero)


#: L(0) < L(W(0)) and L(W(1)) < L(W(0)), apart by more than rounding.
levels = st.tuples(st.floats(0.1, 10), st.floats(1.001, 100), st.floats(0, 0.999)).map(
    lambda t: objectives(t[0], t[0] * t[1], t[0] * t[1] * t[2])
)
LAM = np.linspace(0, 1, 101)
EXAMPLE = objectives(1.0, 4.0, 0.5)


def values(profile, at: Levels) -> np.ndarray:
    return at.zero + profile.stretches[0].function(LAM)


@given(levels)
def test_the_papers_profile_is_its_formula(at):
    wanted = (1 - LAM / 3) * at.initial + LAM / 3 * max(at.zero, at.final)
    np.testing.assert_allclose(values(paper(at), at), wanted, rtol=1e-13)


@given(levels, st.sampled_from([paper, even]))
def test_a_named_profile_starts_at_the_start_falls_and_stays_above_both_floors(at, make):
    found = values(make(at), at)
    assert found[0] == pytest.approx(at.initial, rel=1e-15)
    assert (np.diff(found) < 0).all()
    assert found[-1] > max(at.zero, at.final)


@given(levels)
def test_the_even_profile_keeps_theta_of_the_drop_for_the_descent(at):
    floor = max(at.zero, at.final)
    left = values(even(at), at)[-1] - floor
    assert left == pytest.approx(THETA * (at.initial - floor), rel=1e-9, abs=1e-12 * at.initial)


@pytest.mark.parametrize(
    "profile", [paper(EXAMPLE), even(EXAMPLE), custom(lambda lam: 4 - lam, EXAMPLE)]
)
def test_the_theorems_profiles_stay_on_the_right_branch_and_cross_nowhere(profile):
    assert profile.branches(LAM).tolist() == ["right"] * len(LAM)
    assert profile.crossing is None
    assert [(stretch.start, stretch.stop) for stretch in profile.stretches] == [(0, 1)]


def test_a_function_of_the_users_is_followed_as_it_is():
    profile = custom(lambda lam: 4 - 2 * lam**2, EXAMPLE)
    np.testing.assert_allclose(values(profile, EXAMPLE), 4 - 2 * LAM**2, rtol=1e-15)
    assert profile.name == "custom"


def test_a_function_of_the_users_may_be_negative_and_misses_its_start_by_rounding_alone():
    below = objectives(-100.0, -96.0, -99.0)
    profile = custom(lambda lam: -96 * (1 - 5e-13) - 2 * lam, below)
    assert profile.stretches[0].function(np.array([0.0, 0.5])).tolist() == [4, 3]
    with pytest.raises(InputError, match=r"v\(0\) = -95\.9999"):
        custom(lambda lam: -96 * (1 - 5e-12) - 2 * lam, below)


@pytest.mark.parametrize("start", [4.001, 3.999, -4.0, float("nan")])
def test_a_profile_that_starts_elsewhere_is_refused_with_both_values(start):
    with pytest.raises(
        InputError, match=rf"v\(0\) = L\(W\(0\)\) = 4; found v\(0\) = {start:g}.*Scale the"
    ):
        custom(lambda lam: start - lam, EXAMPLE)


@pytest.mark.parametrize(
    ("function", "where"),
    [
        (lambda lam: 4 + lam, r"0 to 0\.001"),
        (lambda lam: 4.0, r"0 to 0\.001"),
        (lambda lam: 4 - lam if lam <= 0.5 else 3.5, r"0\.5 to 0\.501"),
        (lambda lam: 4 - lam if lam < 0.5 else float("nan"), r"0\.499 to 0\.5"),
        (lambda lam: 4 - lam if lam < 0.5 else float("inf"), r"0\.499 to 0\.5"),
        (lambda lam: 4 - lam if lam < 0.5 else -float("inf"), r"0\.5 to 0\.501"),
    ],
    ids=["rises", "rests", "rests-later", "not-a-number", "infinite", "bottomless"],
)
def test_a_profile_that_does_not_fall_is_refused_with_the_place(function, where):
    with pytest.raises(
        InputError, match=rf"strictly decreasing.*from lambda = {where}\. Let it fall"
    ):
        custom(function, EXAMPLE)


@pytest.mark.parametrize(
    ("at", "floor"),
    [(EXAMPLE, "1"), (objectives(1.0, 4.0, 2.5), r"2\.5")],
    ids=["zero-predictor", "final"],
)
def test_a_profile_that_goes_too_low_is_refused_with_the_floor(at, floor):
    with pytest.raises(
        InputError, match=rf"above {floor}; found v\(1\) = 0\.5\. Let it stay above both"
    ):
        custom(lambda lam: 4 - 3.5 * lam, at)
