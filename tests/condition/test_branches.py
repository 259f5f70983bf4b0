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
from ..loss_data import hinge
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


def test_a_hinge_trained_to_zero_ends_at_the_first_scale_without_loss_and_does_not_jump():
    raw = torch.tensor([[1.0], [-1.0]]).double()
    start, end = torch.tensor([[-1.0], [0.5]]).double(), torch.tensor([[4.0], [-2.0]]).double()
    problem = as_network(lambda lam: start + lam * (end - start), raw)
    result = construct(*problem, loss="hinge", profile="valley", points=41)
    assert result.final_objective == 0
    assert result.objective[-1] == pytest.approx(0, abs=1e-15)
    assert result.scale[-1] == pytest.approx(0.5)
    assert float(hinge(0.5 * end, raw)) == 0
    assert abs(result.scale[-1] - result.at(result.s_of(1 - 1e-6)).scale) < 1e-3
    assert result.certify(41).strictly_decreasing


def test_minima_on_intervals_are_left_where_they_end_and_not_decided_where_none_is_seen_to():
    raw = torch.tensor([[1.0], [1.0]]).double()

    def outputs(lam):  # opposite at first: the hinge rests up to c = 1/3
        return torch.tensor([[3.0], [np.interp(lam, [0, 0.2, 0.5, 1], [-3, -3, 1, 3])]]).double()

    problem = as_network(outputs, raw)
    result = construct(*problem, loss="hinge", profile="valley", points=41)
    assert result.profile.crossing > 0.2
    assert result.sheet.flat[result.lam <= 0.2].all()
    check = result.certify(61)
    assert check.strictly_decreasing
    assert check.deviation < 1e-12
    match = r"at a single scale where the path crosses, .* at lambda = 0\.2, .* not decided at this"
    coarse = [0, 0.1, 0.5, 1]
    with pytest.raises(ConditionError, match=match):
        construct(*problem, loss="hinge", profile="valley", points=coarse)
    assert assess(*problem, loss="hinge", points=coarse).path_answer == UNDECIDED
    assert assess(*problem, loss="hinge", points=41).path_answer == "yes"


@pytest.mark.parametrize("width", [1e-2, 1.5e-3, 5e-4, 1e-5])
def test_however_narrow_an_interval_of_minima_is_c_does_not_leap_across_it(width):
    """``|3 c - 1| + |3 c - 1 - w|`` rests from c = 1/3 to (1 + w) / 3, and later nowhere."""
    raw = torch.tensor([[1.0], [1 + width]], dtype=torch.float64)
    ends = [
        torch.tensor(one, dtype=torch.float64) for one in ([[3.0], [3.0]], [[1.0], [1 + width]])
    ]
    problem = as_network(lambda lam: (1 - lam) * ends[0] + lam * ends[1], raw)
    result = construct(*problem, loss="absolute", profile="valley", points=11)
    assert result.sheet.flat[0]
    s = np.unique([x + d for x in (p.stop for p in result.phases) for d in (-1e-9, 0, 1e-9)])
    scale = np.array([result.at(x).scale for x in s[(s > 0) & (s < 1)]])
    assert np.abs(np.diff(scale)[np.diff(s[(s > 0) & (s < 1)]) < 2e-9]).max() < 1e-7


@pytest.mark.parametrize("loss", ["squared", "huber", "binary_cross_entropy", "absolute", "hinge"])
def test_past_a_plateau_of_m_at_the_zero_predictor_c_and_the_objective_go_on_from_where_they_are(
    loss,
):
    """It ends at lambda = 5/7 or, where the minimum is on an interval of scales there, later."""
    y = torch.tensor([[1.0], [-1.0]]).double()
    first, last = (torch.tensor(one).double() for one in ([[-3.0], [1.0]], [[0.7], [-0.9]]))
    raw = (y + 1) / 2 if loss == "binary_cross_entropy" else y
    problem = as_network(lambda lam: (1 - lam) * first + lam * last, raw)
    result = construct(*problem, loss=loss, profile="valley", points=11)
    (travel,) = (p for p in result.phases[1:] if p.name == "travel")
    near = [result.at(travel.s_at(travel.lam_start + d)) for d in (1e-12, 4e-8)]
    assert near[0].scale == pytest.approx(travel.scale_start, abs=1e-4)
    fall = near[1].objective - near[0].objective
    assert fall < -1e-14  # it rested for 5e-8
    assert travel.lam_start >= 5 / 7 - 1e-6
    if loss in ("squared", "binary_cross_entropy"):
        assert travel.lam_start == pytest.approx(5 / 7, abs=1e-7)


def test_a_start_on_an_interval_of_minima_is_not_decided_rather_than_left_by_a_leap():
    raw = torch.ones(3, 1).double()  # g(0, c) = 2/3 for c in [1/4, 5/2], L(0) = 1

    def outputs(lam, share=1.0):
        return share * torch.tensor([[4.0], [0.4], [-0.4 + lam]]).double()

    match = r"at a single scale where the path crosses, .* at lambda = 0, .* not decided at this"
    with pytest.raises(ConditionError, match=match):
        construct(*as_network(outputs, raw), loss="hinge", profile="valley", points=11)
    assert assess(*as_network(outputs, raw), loss="hinge", points=11).path_answer == UNDECIDED
    right = as_network(lambda lam: outputs(lam, 3 - 2 * lam), raw)  # c = 1 lies beyond it
    result = construct(*right, loss="hinge", profile="valley", points=11)
    assert abs(result.at(1e-9).scale - 1) < 1e-6


def test_from_the_left_of_an_infimum_that_no_scale_attains_the_path_stays_left_of_it():
    # m(0) = (ln 2) / 2, where the second sample has two equal logits; later m = 0
    problem = logits((1, 0), (2, 1))
    result = construct(*problem, loss="cross_entropy", profile="valley", points=11)
    assert np.isinf(result.best_scale).all()
    ends = [np.log1p(np.exp([-a, -b])).mean() for a, b in ((1, 0), (2, 1))]
    assert (result.initial_objective, result.final_objective) == pytest.approx(ends)
    assert [phase.name for phase in result.phases] == ["travel"]
    assert result.scale[[0, -1]].tolist() == [1, 1]
    assert (np.diff([result.at(x).objective for x in np.linspace(0, 1, 101)]) < 0).all()


def test_beside_an_end_that_is_the_infimum_but_for_underflow_there_are_scales_too():
    # L(W(0)) = log(1 + e^-18), and L(W(1)) = log(1 + e^-999) = 0
    problem = logits((18, 18), (999, 999))
    result = construct(*problem, loss="cross_entropy", profile="valley", points=11)
    assert result.final_objective == 0
    for near in (1 - 1e-6, 1 - 1e-10, 1 - 1e-13, 1.0):
        assert 0 < result.at(near).scale <= 1
        assert 0 <= result.at(near).objective < 1e-13


def largest_leap(result):
    """Of c within 1e-13 of s, where it changes most; near the end it may leap to W(1)'s own."""
    s = np.linspace(0, 0.999, 401)
    result.expect(s)
    scale = np.array([result.at(x).scale for x in s])
    k = int(np.abs(np.diff(scale)).argmax())
    (left, c), (right, d) = (s[k], scale[k]), (s[k + 1], scale[k + 1])
    while right - left > 1e-13:
        middle = (left + right) / 2
        one = result.at(middle).scale
        if abs(one - c) > abs(d - one):
            right, d = middle, one
        else:
            left, c = middle, one
    return abs(d - c)


def hinged(lam):
    """Slopes at c = 0 cancel at lambda = 1 / 2.3, where g rests at L(0) up to c = 1."""
    return torch.tensor([[1.0], [2.3 * lam - 2]], dtype=torch.float64)


RANDOM = np.random.default_rng(26)
ENDS, TOWARDS = RANDOM.normal(size=(3, 4, 1)), RANDOM.normal(size=(4, 1))
ENDS[0], ENDS[2] = 3 * ENDS[0], 0.3 * ENDS[2] + TOWARDS


def bent(lam):
    """Its highest m is where one kink takes over from another, below L(0)."""
    shares = max(1 - 2 * lam, 0), min(2 * lam, 2 - 2 * lam), max(2 * lam - 1, 0)
    return torch.from_numpy(sum(w * end for w, end in zip(shares, ENDS, strict=True)))


@pytest.mark.parametrize(
    ("loss", "outputs", "raw"),
    [("hinge", hinged, torch.ones(2, 1).double()), ("pinball", bent, torch.from_numpy(TOWARDS))],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_c_does_not_leap_where_one_scale_takes_over_from_another(loss, outputs, raw, dtype):
    """Exactly there m is highest, and all scales between them are as good."""
    problem = as_network(outputs, raw)
    result = construct(*problem, loss=loss, profile="valley", points=31, dtype=dtype)
    assert result.profile.crossing is not None
    assert largest_leap(result) < 1e-4
    check = result.certify(61)
    assert check.strictly_decreasing


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "hinge", "own"])
def test_outputs_that_vanish_between_rays_that_do_not_rise_are_found(loss):
    """All samples are right: the objective falls in c but where outputs vanish, and is L(0) there.

    L(W(0)) is below: no scale leads past.
    """
    own = {"own": lambda p, y: torch.relu(1 - p * y).square().sum(1)}.get(loss, loss)
    raw = torch.tensor([0, 1]) if loss == "cross_entropy" else torch.ones(2, 1).double()
    right = torch.eye(2).double() if loss == "cross_entropy" else torch.ones(2, 1).double()
    for zero, answer in ((0.5123, UNDECIDED), (0.5, "no")):
        problem = as_network(lambda lam, at=zero: abs(lam - at) * (0.5 + lam) * right, raw)
        found = assess(*problem, loss=own, points=21)
        assert found.path_answer == answer
        assert found.sheet_barrier.where == pytest.approx(zero, abs=1e-9)
        assert found.sheet_barrier.margin < 0


def test_outputs_are_followed_to_where_they_vanish_though_the_growth_is_in_doubt_before():
    """In float32, of one sample of five that grows; nothing leads past, see *it cannot* there."""
    raw = torch.tensor([1, 1, 1, 1, 0])
    base = torch.tensor([[-0.9, 1.0]] * 4 + [[0.0, 0.1]]).double()
    problem = as_network(lambda lam: abs(lam - 0.6172) * (2 - lam) * base, raw)
    found = assess(*problem, loss="cross_entropy", points=9, dtype=torch.float32)
    assert found.path_answer != "yes"
    assert found.condition_1.where == pytest.approx(0.6172, abs=1e-6)


def test_small_outputs_under_a_loss_of_ones_own_are_followed_to_where_they_vanish():
    def outputs(lam):
        return torch.tensor([[-1e-6 * abs(lam - 0.53) * (1 + lam)]], dtype=torch.float64)

    problem = as_network(outputs, torch.tensor([[-1.8]]).double())
    found = assess(*problem, loss=lambda p, y: (p - y).abs().sum(1), points=21)
    assert found.path_answer != "yes"
    assert found.sheet_barrier.where == pytest.approx(0.53, abs=1e-9)


@pytest.mark.parametrize(
    ("unit", "normal"), [(1.0, False), (1e13, False), (1e30, False), (1e13, True)]
)
def test_outputs_in_small_units_rise_under_a_loss_of_ones_own(unit, normal):
    """As under the named loss; also where the loss itself divides by the unit."""
    raw = torch.tensor([[1.0], [2.0], [-1.0]]).double()
    first, last = (torch.tensor(one)[:, None].double() for one in ((3, -4, 2), (1.1, 1.9, -0.9)))

    def outputs(lam):
        return unit * ((1 - lam) * first + lam * last)

    by = unit if normal else 1.0
    problem = as_network(outputs, raw * unit / by)
    found = assess(*problem, loss=lambda p, y: (p / by - y).abs().sum(1), points=21)
    named = assess(*as_network(outputs, raw * unit), loss="absolute", points=21)
    assert (found.path_answer, named.path_answer) == ("yes", "yes")
    ours, theirs = found.condition_1, named.condition_1
    assert ours.verdict == theirs.verdict
    assert ours.value * by == pytest.approx(theirs.value, rel=1e-6)
