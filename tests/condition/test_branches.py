"""Does this sheet hold a strictly decreasing path? The verdict against brute force."""

import numpy as np
import pytest
import torch

from construction.answers import UNDECIDED
from construction.condition.branches import BranchPlan, branch_plan, crossing_margin
from construction.condition.minima import Minima
from construction.errors import ConditionError
from construction.loss.catalogue import as_loss
from construction.sheet.sheet import Levels
from construction.theorem.construct import assess, construct

from ..brute_force import search
from ..prescribed_outputs import as_network
from ..problems import prescribed
from ..random_sheets import random_sheet

POINTS = 21
#: Margins below so many times the search's resolution cannot be told from none.
MARGIN = 2
SEEDS = 10


def conditions_of(found):
    """What decides whether the sheet holds a path."""
    asked = (found.final_objective, found.sheet_barrier, found.crossing)
    return [condition for condition in asked if condition is not None]


def vanish_or_separate(outputs, lam):
    """Whether some output changes its sign next to there, as it does where g stops rising."""
    before, after = outputs(lam - 1e-9), outputs(lam + 1e-9)
    return bool((before * after <= 0).any())


@pytest.mark.parametrize(
    "group", [0, 1, 2, *(pytest.param(group, marks=pytest.mark.slow) for group in range(3, 10))]
)
def test_the_verdict_is_that_of_a_search_on_a_fine_grid_and_a_path_is_found_accordingly(group):
    for seed in range(group * SEEDS, (group + 1) * SEEDS):
        loss, _, outputs, raw = random_sheet(seed)
        problem = as_network(outputs, raw)
        try:
            path = construct(*problem, loss=loss, profile="valley", points=POINTS)
        except ConditionError as error:
            found, path = assess(*problem, loss=loss, points=POINTS), None
            named = error.condition, error.lam, error.margin
            failed = [c for c in conditions_of(found) if not c.holds]
            assert named in [(c.name, c.where, c.margin) for c in failed], seed
        else:
            found, check = path.conditions, path.certify(9)
            # where outputs all but vanish between lambdas c is huge, and costs digits
            assert check.strictly_decreasing, seed
            assert max(check.deviation, check.final_error) < 1e-9, seed
        assert found.sheet_has_path == (path is not None), seed
        searched = search(outputs, raw, as_loss(loss), 2 * POINTS - 1, picked=150)
        if found.path_answer == UNDECIDED:  # the search does not see zeros between its lambdas
            (doubt,) = (one for one in conditions_of(found) if not one.decided)
            assert vanish_or_separate(outputs, doubt.where), seed
            continue
        margin = min(abs(condition.margin) for condition in conditions_of(found))
        if margin > MARGIN * searched.resolution:
            assert found.sheet_has_path == searched.loose, seed
        if searched.strict:
            assert found.sheet_has_path, seed


# --- degenerate cases ----------------------------------------------------------------------------


def minima(minimum, rises, *, constant=None, flat=None, first="right", last="left"):
    """At even lambdas; m is given as excess over L(0)."""
    count = len(minimum)
    return Minima(
        np.linspace(0, 1, count),
        np.array(minimum, float),
        np.array(rises, bool),
        np.array(constant or [False] * count),
        np.array(flat or [False] * count),
        first,
        last,
        np.zeros(count, bool),
    )


@pytest.mark.parametrize(
    ("given", "levels", "plan"),
    [
        # a left start needs nothing else; a right one where all rays rise neither
        (minima([-0.3, -0.5, -0.9], [1, 0, 0], first="left"), (-0.1, -0.95), ("left", "left", 0)),
        (minima([-0.9, -0.9, -0.9], [1, 0, 0], first="left"), (-0.1, -0.5), ("left", "left")),
        (minima([-0.9, -0.9, -0.9], [1, 1, 1], last="right"), (1, -0.5), ("right", "right")),
        # a right branch that ends is left where m is last highest, before it ends
        (minima([-0.3, -0.2, -0.5, -0.9], [1, 1, 0, 0]), (1, -0.8), ("right", "left", 1)),
        (minima([-0.2, -0.2, -0.5, -0.9], [1, 1, 0, 0]), (1, -0.8), ("right", "left", 1)),
        # not if a later minimum is as high, or m lies below L(W(1))
        (minima([-0.3, -0.5, -0.2, -0.9], [1, 0, 1, 0]), (1, -0.8), None),
        (minima([-0.3, -0.5, -0.3, -0.9], [1, 0, 1, 0]), (1, -0.8), None),
        (minima([-0.3, -0.5, -0.6, -0.9], [1, 1, 0, 0]), (1, -0.3), None),
        (minima([-0.3, -0.5, -0.6, -0.9], [0, 1, 1, 1]), (1, -0.8), None),
        # a flat minimum is no place to cross: the next lower one is
        (
            minima([-0.3, -0.4, -0.5, -0.9], [1, 1, 0, 0], flat=[True, False, False, False]),
            (1, -0.8),
            ("right", "left", 1),
        ),
        (
            minima([-0.3, -0.4, -0.5, -0.9], [1, 1, 0, 0], flat=[True, True, False, False]),
            (1, -0.8),
            None,
        ),
        # and where the next is not above all that follows, the first that is
        (
            minima([-0.3, -0.7, -0.5, -0.9], [1, 1, 1, 0], flat=[True, False, False, False]),
            (1, -0.8),
            ("right", "left", 2),
        ),
        (
            minima([-0.3, -0.5, -0.6, -0.9], [1, 1, 0, 0], flat=[True, False, False, False]),
            (1, -0.55),
            ("right", "left", 1),
        ),
        (
            minima([-0.3, -0.5, -0.6, -0.9], [1, 1, 0, 0], flat=[True, False, False, False]),
            (1, -0.4),
            None,
        ),
        # a constant ray is passed if m is lower ever after
        (
            minima([0, 0, 0, -0.9], [1, 1, 0, 1], constant=[False, False, True, False]),
            (1, -0.8),
            ("right", "left", None, 2),
        ),
        (
            minima([0, 0, -0.5, 0], [1, 0, 1, 0], constant=[False, True, False, True]),
            (1, -0.8),
            None,
        ),
        # where no scale attains the highest minimum there is none to cross at
        (
            minima([-0.3, -0.5, -0.9], [0, 0, 0], first="left"),
            (-0.2, -0.8),
            ("left", "left"),
        ),
        (
            minima([0, 0, -0.5, -0.4], [1, 0, 1, 1], constant=[False, True, False, False]),
            (1, 0),
            None,
        ),
        # not to an end above L(0), nor from the first lambda unless L(W(0)) = L(0)
        (
            minima([0, 0, 0, -0.9], [1, 1, 0, 1], constant=[False, False, True, False]),
            (1, 0.5),
            None,
        ),
        (
            minima([0, -0.5, -0.9], [0, 1, 1], constant=[True, False, False]),
            (1, -0.8),
            None,
        ),
        # at the last lambda if L(W(1)) = L(0)
        (
            minima([0, 0, 0], [1, 1, 0], constant=[False, False, True]),
            (1, 0),
            ("right", "left", None, 2),
        ),
        # at the first one if L(W(0)) = L(0)
        (
            minima([0, -0.5, -0.9], [0, 1, 1], constant=[True, False, False]),
            (0, -0.8),
            ("right", "left", None, 0),
        ),
    ],
)
def test_the_branches_of_a_path_follow_from_known_minima(given, levels, plan):
    wanted = None if plan is None else BranchPlan(*plan)
    assert branch_plan(given, Levels(1.0, *levels)) == wanted


def test_the_crossing_margin_is_what_m_before_the_end_has_over_all_that_follows():
    given = minima([-0.3, -0.2, -0.5, -0.4, -0.9], [1, 1, 0, 1, 0])
    assert crossing_margin(given, Levels(1.0, 1.0, -0.8)) == pytest.approx((0.2, 0.5))
    assert crossing_margin(given, Levels(1.0, 1.0, -0.1)) == pytest.approx((-0.1, 0.5))


def logits(*margins):
    """Two samples of the same label whose logits differ by these, at equally spaced lambdas."""
    places = np.linspace(0, 1, len(margins))
    table = np.array(margins, float)

    def outputs(lam):
        row = [np.interp(lam, places, table[:, k]) for k in range(2)]
        return torch.tensor([[row[0], 0.0], [row[1], 0.0]]).double()

    return as_network(outputs, torch.tensor([0, 0]))


def test_a_right_branch_that_ends_before_the_peak_is_no_way_and_the_error_says_where():
    problem = logits((-2, 8), (3, 2), (-4, 1), (4, 4))
    with pytest.raises(ConditionError, match=r"crossing: before the right branch ends") as caught:
        construct(*problem, loss="cross_entropy", profile="valley", points=41)
    found = assess(*problem, loss="cross_entropy", points=41)
    assert not found.sheet_has_path
    assert found.crossing.margin == caught.value.margin
    assert caught.value.margin <= 0


def test_a_right_branch_that_ends_behind_the_peak_is_left_there():
    result = construct(
        *logits((-3, 2), (3, 2), (4, 4)), loss="cross_entropy", profile="valley", points=41
    )
    assert not result.conditions.theorem_applies
    assert result.conditions.crossing.margin > 0
    assert result.phases[-1].branch == "left"
    assert result.at(1.0).scale == 1
    assert result.certify(41).holds


@pytest.mark.parametrize("profile", ["paper", "even"])
def test_the_theorems_profiles_name_the_lambda_at_which_the_right_branch_ends(profile):
    with pytest.raises(ConditionError, match=r"condition 1: g rises in the end .* 0\.5") as caught:
        construct(*logits((-3, 2), (0, 2), (4, 4)), loss="cross_entropy", profile=profile, points=5)
    assert (caught.value.condition, caught.value.lam, caught.value.margin) == (
        "condition 1",
        0.5,
        0,
    )


def test_a_start_at_its_best_scale_goes_on_either_branch():
    half = np.sqrt(0.5)  # c*(0) = 1 as |w| = cos(phi)
    problem = prescribed(lambda lam: 0.5 * (1 - lam) + 0.01, lambda lam: half + lam * (0.9 - half))
    result = construct(*problem, profile="valley", points=21)
    assert result.best_scale[0] == pytest.approx(1, abs=0.02)
    assert result.certify(31).holds
