import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from construction.answers import UNDECIDED
from construction.condition.examine import examine
from construction.condition.minima import Minima, Rounding, minima_of, peaks_of
from construction.errors import ConditionError
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import Levels, RecordedSheet

from ..problems import barrier, forward_of, left_start, right_start, vanishing


def examined(problem, points: int = 5):
    sheet = forward_of(problem).along(np.linspace(0, 1, points))
    one = sheet.excess(1.0)
    return examine(sheet, Levels(sheet.d, float(one[0]), float(one[-1])))


def test_all_conditions_hold_on_a_right_start_and_say_at_how_many_points():
    found = examined(right_start())
    assert found.theorem_applies
    assert found.sheet_has_path
    assert found.condition_1.verdict == found.sheet_barrier.verdict == "checked at 5 points"
    assert found.condition_2.verdict == found.final_objective.verdict == "checked at 1 point"
    assert (found.condition_2.value, found.condition_2.bound) == (9.25, 1.0)
    assert found.condition_2.margin == 8.25


def test_condition_1_fails_where_the_outputs_vanish_and_names_the_lambda():
    found = examined(vanishing())
    assert not found.theorem_applies
    assert not found.sheet_has_path
    condition = found.condition_1
    assert (condition.value, condition.margin, condition.where) == (0, 0, 0.5)
    assert condition.verdict == "not satisfied"
    with pytest.raises(
        ConditionError,
        match=r"condition 1: the outputs are not all zero.*found 0 against 0 at lambda = 0\.5, m",
    ):
        condition.require("Go around.")


def test_condition_1_says_where_the_growth_is_least_or_most_in_doubt():
    lam, ones = np.linspace(0, 1, 4), np.ones(4)
    levels = Levels(1.0, 0.5, -0.9)
    firm = examine(SquaredSheet(lam, np.array([4.0, 3, 2, 5]), ones, 1.0), levels).condition_1
    assert (firm.value, firm.where, firm.answer) == (2, lam[2], "yes")
    sheet = RecordedSheet(lam, 1.0, -ones, -ones, ones, np.array([4, 1e-3, 2, 5]), -ones)
    rounding = Rounding(size=1e-2)
    doubt = examine(sheet, levels, rounding=rounding).condition_1
    assert (doubt.value, doubt.where, doubt.answer) == (1e-3, lam[1], UNDECIDED)


@pytest.mark.parametrize(
    ("m", "doubtful", "answer"),
    [
        ([-0.6, -0.5, -0.3, -0.9], [0, 0, 0, 0], "no"),
        ([-0.6, -0.5, -0.3, -0.9], [0, 0, 1, 0], UNDECIDED),  # g may rise where m is highest
        ([-0.6, -0.5, -0.3, -0.9], [0, 1, 0, 0], UNDECIDED),  # or where the right branch ends
        ([-0.6, -0.5, -0.3, -0.9], [0, 0, 0, 1], "no"),
        ([-0.3, -0.5, -0.3, -0.9], [0, 0, 1, 0], UNDECIDED),
        ([-0.2, -0.5, -0.3, -0.9], [0, 1, 1, 1], "yes"),
    ],
)
def test_a_crossing_is_in_doubt_where_rounding_may_make_the_rays_rise_that_hinder_it(
    m, doubtful, answer
):
    lam, no = np.linspace(0, 1, 4), np.zeros(4, bool)
    rises = np.array([1, 0, 0, 0], bool)
    doubtful = np.array(doubtful, bool)
    minima = Minima(lam, np.array(m), rises, no, no, "right", "left", doubtful)
    sheet = SquaredSheet(lam, np.ones(4), np.ones(4), 1.0)
    crossing = examine(sheet, Levels(1.0, 1.0, -0.95), minima).crossing
    assert (crossing.where, crossing.answer, crossing.bound) == (lam[1], answer, 0)
    assert crossing.margin == pytest.approx(m[0] - max(m[1:]))


def test_condition_2_fails_on_a_left_start_while_the_sheet_has_a_path():
    found = examined(left_start())
    assert not found.theorem_applies
    assert found.sheet_has_path
    assert found.condition_2.margin == pytest.approx(0.34 - 1)
    with pytest.raises(
        ConditionError, match=r"condition 2.*0\.34 against 1 .*-0\.66\. Go\."
    ) as caught:
        found.condition_2.require("Go.")
    assert (caught.value.condition, caught.value.lam) == ("condition 2", 0.0)
    assert caught.value.margin == found.condition_2.margin


def test_the_sheet_barrier_is_the_highest_minimum_over_the_start():
    found = examined(barrier()).sheet_barrier
    assert found.value == pytest.approx(1 / 1.04 - 0.01)
    assert (found.where, found.verdict, found.holds) == (0.5, "not satisfied", False)
    with pytest.raises(ConditionError, match=r"sheet barrier: sup m - L\(W\(0\)\) < 0"):
        found.require("")


def test_the_final_objective_has_to_be_lower():
    sheet = SquaredSheet(np.array([0.0, 1.0]), np.ones(2), np.ones(2), 1.0)
    found = examine(sheet, Levels(1.0, 1.0, 1.0)).final_objective
    assert (found.holds, found.margin, found.where) == (False, 0.0, 1.0)
    with pytest.raises(
        ConditionError, match=r"final objective: L\(W\(1\)\) < L\(W\(0\)\).*2 against 2"
    ):
        found.require("")


def test_a_condition_that_holds_raises_nothing():
    assert examined(right_start()).condition_1.require("") is None


def test_a_value_that_is_no_number_satisfies_no_condition():
    sheet = SquaredSheet(
        np.array([0.0, 1.0]), np.array([1.0, np.nan]), np.array([1.0, np.nan]), 1.0
    )
    found = examine(sheet, Levels(1.0, np.nan, np.nan))
    every = (found.condition_1, found.condition_2, found.final_objective, found.sheet_barrier)
    assert [condition.verdict for condition in every] == ["not satisfied"] * 4


@given(st.lists(st.tuples(st.floats(0.01, 9), st.floats(-3, 3)), min_size=2, max_size=9))
def test_condition_2_implies_that_the_sheet_has_no_barrier(moments):
    a, b = np.transpose(moments)
    sheet = SquaredSheet(np.linspace(0, 1, len(a)), a, b, 1.0)
    found = examine(sheet, Levels(1.0, 0.5, -0.9))
    assert found.condition_2.holds
    assert found.sheet_barrier.holds
    assert found.sheet_barrier.value == pytest.approx(sheet.minimum[1:].max() - 1.5, abs=1e-12)


@pytest.mark.parametrize(
    ("b", "wanted"),
    [
        (lambda x: 1 + x, []),
        (lambda x: 2 - x, []),
        (lambda x: 1 + abs(x - 0.03), [0.03]),
        (lambda x: 1 + (x - 0.97) ** 2, [0.97]),
        (lambda x: 1 + x - 0.5 * np.exp(-(((x - 0.09) / 0.04) ** 2)), [0.0883974297]),
        (
            lambda x: np.sqrt(0.1 + 0.24 * x - 0.02 * np.exp(-(((x - 0.079) / 0.038) ** 2))),
            [0.0698147008],
        ),
    ],
    ids=["falls", "rises", "beside the start", "beside the end", "after a fall", "shallow"],
)
def test_peaks_of_m_beside_the_ends_are_found(b, wanted):
    def along(lam):  # m - L(0) = -b^2
        return SquaredSheet(np.array(lam), np.ones(len(lam)), b(np.array(lam)), 1.0)

    known = minima_of(along(np.linspace(0, 1, 5)), [], Rounding())
    found = peaks_of(known, along, 1e-15, 1.0)
    assert [float(one.lam[0]) for one in found] == pytest.approx(wanted, abs=1e-6)
