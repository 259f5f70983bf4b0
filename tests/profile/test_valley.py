import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull
from torch import nn

from construction import Line
from construction.errors import ConditionError
from construction.profile import THETA, concave_corners
from construction.theorem.construct import construct

from ..problems import (
    BUMP,
    PLANES,
    bump,
    left_all_along,
    left_start,
    moments,
    plane,
    plateau,
    prescribed,
    through,
    trained,
    vector,
)

VALLEYS = {**PLANES, "trained": trained}


def majorant(x, y):
    corners = concave_corners(x, y)
    return np.interp(x, x[corners], y[corners])


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=9), st.integers(0, 2**32 - 1))
def test_the_majorant_is_at_each_point_the_highest_chord_above_it(heights, seed):
    y = np.array(heights, float)
    x = np.cumsum(np.random.default_rng(seed).integers(1, 4, len(y))).astype(float)
    chords = [
        max(
            y[i] if i == j else y[i] + (y[j] - y[i]) * (x[k] - x[i]) / (x[j] - x[i])
            for i in range(k + 1)
            for j in range(k, len(y))
        )
        for k in range(len(y))
    ]
    np.testing.assert_allclose(majorant(x, y), chords, atol=1e-12)


def test_the_corners_of_the_majorant_are_the_upper_vertices_of_the_convex_hull():
    rng = np.random.default_rng(4)
    for _ in range(50):
        x, y = np.sort(rng.random(30)), rng.random(30)
        corners = concave_corners(x, y)
        hull = ConvexHull(np.column_stack([x, y]))
        chord = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
        upper = {int(k) for k in hull.vertices if y[k] >= chord[k]} | {0, 29}
        assert corners == sorted(upper)


@pytest.mark.parametrize("problem", VALLEYS.values(), ids=VALLEYS)
def test_the_profile_falls_strictly_and_never_lies_below_the_minimum_between_grid_lambdas(problem):
    path = construct(*problem(), profile="valley", points=41)
    crossing = path.profile.crossing
    near = np.zeros(0) if crossing is None else crossing + np.array([-1e-4, 1e-4, 1e-3])
    random = np.random.default_rng(0).random(300)
    lam = np.unique(np.concatenate([[0, 1], random, near[(near > 0) & (near < 1)]]))
    sheet = path.forward.along(lam)
    target = path.profile.excess(sheet)
    assert (np.diff(target) < 0).all()
    assert (target >= sheet.minimum_excess).all()
    assert target[-1] == pytest.approx(path.final_objective - path.zero_objective, rel=1e-15)


@pytest.mark.parametrize("problem", VALLEYS.values(), ids=VALLEYS)
def test_the_profile_lies_low_within_theta_of_what_any_decreasing_path_must_keep(problem):
    path = construct(*problem(), profile="valley", points=41)
    if path.profile.crossing is None:
        assert (path.minimum <= path.final_objective).all()
        return
    after = path.lam > path.profile.crossing
    knots, m = path.profile.knots, path.profile.minimum_excess + path.zero_objective
    ahead = np.maximum.accumulate(m[::-1])[::-1]
    before = np.searchsorted(knots, path.lam[after], side="left") - 1  # v comes a knot late
    room = np.maximum(ahead[before], path.final_objective) + THETA * m.max()
    assert (path.target[after] <= room + 1e-12).all()


def test_a_bump_between_grid_lambdas_is_found_and_crossed_at_its_top():
    problem = bump()
    path = construct(*problem, profile="valley", points=11)
    lam = np.linspace(0.2, 0.3, 100_001)
    minimum = 0.5 - 0.45 * lam + 0.3 * np.exp(-(((lam - BUMP) / 0.04) ** 2))
    assert path.profile.crossing == pytest.approx(lam[minimum.argmax()], abs=2e-6)
    assert path.profile.crossing not in path.lam
    highest = path.profile.minimum_excess.max() + path.zero_objective
    assert highest == pytest.approx(minimum.max(), rel=1e-9)
    assert [phase.name for phase in path.phases] == ["travel", "shrink", "travel"]


@pytest.mark.parametrize("points", [11, [0, 0.35, 0.7, 1]], ids=["even", "bump-comes-first"])
def test_a_bump_between_grid_lambdas_that_overtops_the_start_is_a_barrier(points):
    problem = bump(start=0.93)  # L(W(0)) = 0.55, and m reaches 0.69
    with pytest.raises(ConditionError, match="sheet barrier") as caught:
        construct(*problem, profile="valley", points=points)
    assert caught.value.lam == pytest.approx(BUMP, abs=0.01)
    assert caught.value.margin == pytest.approx(0.55 - 0.6875, abs=0.01)


def test_a_plateau_at_the_zero_predictor_is_left_at_its_last_lambda():
    path = construct(*plateau(), profile="valley", points=11)
    assert 2 / 3 - 2e-7 <= path.profile.crossing <= 2 / 3
    assert path.profile.minimum_excess.max() == 0
    shrink = next(phase for phase in path.phases if phase.name == "shrink")
    assert shrink.scale_stop == 0


@pytest.mark.parametrize(
    ("problem", "branch", "end"),
    [
        (left_all_along(), "left", 1.0),
        (through((4.0, 0.0), (3.0, 0.0)), "right", 1.0),
        (through((4.0, 0.0), (0.6, 0.0)), "right", 7 / 3),
    ],
    ids=["left", "right", "right-past-the-best"],
)
def test_a_sheet_below_the_final_objective_needs_no_crossing(problem, branch, end):
    path = construct(*problem, profile="valley", points=21)
    assert path.profile.crossing is None
    assert {phase.name for phase in path.phases} == {"travel"}
    assert path.phases[0].branch == branch
    assert path.scale[-1] == pytest.approx(end, rel=1e-14)
    np.testing.assert_allclose(np.diff(path.target, 2), 0, atol=1e-14 * path.initial_objective)


def test_a_sheet_highest_at_its_end_with_the_best_scale_there_ends_there():
    # c*(1) = 1, so m(1) = L(W(1)) up to a rounding that falls on either side
    for angle in np.linspace(0.1, 1.2, 20):
        w = (np.cos(angle) ** 2, np.cos(angle) * np.sin(angle))
        path = construct(*through((5.0, 0.0), w), profile="valley", points=5)
        assert (np.diff(path.objective) < 0).all()
        assert path.s_of(1.0) == 1
        # c is known to the root of the rounding where both roots meet
        assert path.at(1.0).scale == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize("problem", [left_start, trained, bump])
def test_after_a_crossing_the_path_ends_at_the_final_weights_themselves(problem):
    problem = problem()
    path = construct(*problem, profile="valley", points=21)
    assert path.profile.crossing is not None
    final = problem.path(1.0)
    assert all((value == final[name]).all() for name, value in path.weights(1.0).items())


def test_the_last_branch_is_the_one_on_which_the_final_weights_lie():
    over = through((4.0, 0.5), (1.2, 0.05))
    for problem, branch in ((left_start(), "left"), (over, "right")):
        target = construct(*problem, profile="valley").profile
        assert target.stretches[-1].branch == branch


def test_a_hidden_peak_that_a_later_one_nearly_reaches_is_found_too():
    def minimum(lam):
        first, second = ((lam - 0.237) / 0.03) ** 2, ((lam - 0.62) / 0.06) ** 2
        return 0.3 * (1 - lam) + 0.01 + 0.45 * np.exp(-first) + 0.5 * np.exp(-second)

    problem = prescribed(minimum, lambda lam: 4 - 3.1 * lam)
    result = construct(*problem, profile="valley", points=21)
    grid = result.minimum
    assert result.profile.minimum_excess.max() + result.zero_objective > grid.max() + 1e-3
    check = result.certify(1001)
    assert check.strictly_decreasing
    assert check.deviation < 1e-12


def test_a_plateau_at_the_zero_predictor_between_grid_lambdas_is_left_at_its_last_lambda():
    def path(lam):  # turned away from the target, b < 0, for lambda from 0.41 to 0.47 or so
        angle = 1 - lam + 1.2 * np.exp(-(((lam - 0.44) / 0.03) ** 2))
        radius = 3 - 2 * lam
        return vector([radius * np.cos(angle), radius * np.sin(angle)])

    result = construct(*plane(path), profile="valley", points=11)
    assert result.minimum.max() < result.zero_objective
    assert 0.44 < result.profile.crossing < 0.5
    assert moments(result.forward, result.profile.crossing)[1] <= 0
    assert moments(result.forward, result.profile.crossing + 1e-6)[1] > 0
    assert result.certify(1001).strictly_decreasing


def test_a_kinked_peak_is_crossed_at_its_top_and_nothing_beside_it_is_higher():
    problem = prescribed(lambda lam: 0.6 - 0.3 * abs(lam - 1 / 3), lambda lam: 4 - 3.1 * lam)
    result = construct(*problem, profile="valley", points=11)
    assert abs(result.profile.crossing - 1 / 3) < 1e-15
    shrink = result.phases[1]
    top = result.at(shrink.stop).objective
    assert top == pytest.approx(0.6, abs=1e-15)
    beside = [result.at(shrink.stop + 10.0**-k).objective for k in range(4, 15)]
    assert max(beside) <= top + 1e-15


@pytest.mark.parametrize("loss", ["absolute", "pinball"])
def test_the_valley_passes_a_leap_of_the_best_scale_beside_a_smooth_peak(loss):
    # outputs 1 and 1 - 1e-6 + 12.5 (lambda - 0.6)^2 for targets 1 and 3: c* is 1 or, nearer, 3
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 1)).double()

    def weights(lam):
        slope = 12.5**0.5 * (lam - 0.6)
        found = [[[0.0, slope], [0.0, -1e-6]], [[slope, 1.0]], [1.0]]
        names = ("0.weight", "1.weight", "1.bias")
        return {k: torch.tensor(x).double() for k, x in zip(names, found, strict=True)}

    data = torch.eye(2).double(), torch.tensor([[1.0], [3.0]]).double()
    path = construct(net, Line(weights(0.0), weights(1.0)), data, loss=loss, profile="valley")
    leap = 0.6 + (1e-6 / 12.5) ** 0.5
    lams = leap + np.array([-1e-3, -1e-4, -1e-5, -1e-8, -1e-11, 1e-11, 1e-8, 1e-5, 1e-4, 1e-3])
    scales = [path.at(path.s_of(lam)).scale for lam in lams]
    assert scales[5] == pytest.approx(scales[4], abs=1e-3)
    sheet = path.forward.along(lams)
    above = path.profile.excess(sheet) - sheet.minimum_excess
    assert (above > 0).all()


@pytest.mark.parametrize(("height", "message"), [(0.5, "sheet barrier"), (0.15, "")])
def test_a_peak_in_the_last_interval_is_seen_though_the_end_is_low(height, message):
    def minimum(lam):  # below L(W(1)) on the whole grid, above it at 0.95
        return 0.1 + height * max(0.0, 1 - abs(lam - 0.95) / 0.04) + 0.01 * lam

    # L(W(0)) = 0.3 and L(W(1)) = 0.12, both on the left branch: (1 - c/c*)^2 (1 - m) + m
    scale = {0.0: 1 - (0.2 / 0.9) ** 0.5, 1.0: 1 - (0.01 / 0.89) ** 0.5}

    def radius(lam):
        share = (1 - lam) * scale[0.0] + lam * scale[1.0]
        return share * (1 - minimum(lam)) ** 0.5

    problem = prescribed(minimum, radius)
    if message:
        with pytest.raises(ConditionError, match=message) as caught:
            construct(*problem, profile="valley", points=11)
        assert caught.value.lam == pytest.approx(0.95, abs=1e-12)
    else:
        result = construct(*problem, profile="valley", points=11)
        assert result.initial_objective == pytest.approx(0.3)
        s = np.linspace(0.9, 1, 201)
        assert (np.diff([result.at(x).objective for x in s]) < 0).all()
