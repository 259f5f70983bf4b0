"""The path as a function of s, against the model run with the path's own weights."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from construction.errors import InputError
from construction.theorem.construct import construct

from ..problems import (
    PLANES,
    THEOREM,
    bump,
    forward_of,
    left_start,
    objective,
    short_end,
    trained,
)

CASES = [(problem, "valley") for problem in (*PLANES.values(), trained)]
CASES += [(problem, name) for problem in (*THEOREM.values(), trained) for name in ("paper", "even")]
IDS = [f"{problem.__name__}-{profile}" for problem, profile in CASES]


@pytest.mark.parametrize(("problem", "profile"), CASES, ids=IDS)
def test_the_model_itself_measures_a_strict_fall_along_the_whole_path(problem, profile):
    problem = problem()
    path = construct(*problem, profile=profile, points=41)
    inner = np.random.default_rng(1).random(150)
    ends = [x for phase in path.phases for x in (phase.start, phase.stop)]
    s = np.unique(np.concatenate([inner, ends, path.s]))
    s = s[np.append(True, np.diff(s) > 1e-9)]
    measured = [objective(problem, path.weights(float(x))) for x in s]
    assert (np.diff(measured) < 0).all()
    assert measured[0] == objective(problem, problem.path(0.0))
    final = objective(problem, problem.path(1.0))
    assert measured[-1] == pytest.approx(final, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("problem", "profile"), CASES, ids=IDS)
def test_at_tells_the_objective_of_the_weights_and_the_target(problem, profile):
    problem = problem()
    path = construct(*problem, profile=profile, points=21)
    for s in np.random.default_rng(2).random(20):
        point = path.at(float(s))
        assert point.s == s
        found = objective(problem, path.weights(float(s)))
        assert point.objective == pytest.approx(found, rel=1e-12, abs=1e-14)
        assert point.target == pytest.approx(found, rel=1e-12, abs=1e-14)


def test_points_that_are_expected_are_the_same_and_measured_at_once(monkeypatch):
    alone, path = (construct(*trained(), points=11) for _ in "12")
    s, asked = np.linspace(0, 1, 14), []
    own = path.forward.along
    monkeypatch.setattr(path.forward, "along", lambda lams: asked.append(len(lams)) or own(lams))
    path.expect(s)
    for x in s:
        one, other = path.at(x), alone.at(x)
        assert (one.lam, one.s) == (other.lam, other.s)
        assert (one.scale, one.target) == pytest.approx((other.scale, other.target), rel=1e-12)
    assert asked == [np.sum(~np.isin([path.at(x).lam for x in s], path.lam))]


@pytest.mark.parametrize(("problem", "profile"), CASES, ids=IDS)
def test_the_weights_are_the_initial_ones_to_the_bit_at_the_start(problem, profile):
    problem = problem()
    found = construct(*problem, profile=profile, points=11).weights(0.0)
    initial = problem.path(0.0)
    assert found.keys() == initial.keys()
    assert all(torch.equal(value, initial[name]) for name, value in found.items())


def test_only_the_head_is_rescaled():
    path = construct(*trained(), points=11)
    for s in (0.2, 0.5, 0.9):
        point, weights = path.at(s), path.weights(s)
        base = trained().path(point.lam)
        for name, value in weights.items():
            scale = point.scale if name in ("5.weight", "5.bias") else 1
            assert torch.equal(value, base[name] * scale)


@pytest.mark.parametrize(("problem", "profile"), CASES, ids=IDS)
def test_grid_lambdas_lie_at_their_s(problem, profile):
    path = construct(*problem(), profile=profile, points=11)
    assert (np.diff(path.s) > 0).all()
    for lam, s in zip(path.lam, path.s, strict=True):
        assert path.at(float(s)).lam == pytest.approx(lam, abs=1e-15)
        assert path.s_of(float(lam)) == s


@pytest.fixture(scope="module")
def over_a_bump():
    return construct(*bump(), profile="valley", points=11)


@given(lam=st.floats(0, 1))
@settings(max_examples=30)
def test_s_and_lambda_of_a_travel_are_each_others_inverse(over_a_bump, lam):
    assert over_a_bump.at(over_a_bump.s_of(lam)).lam == pytest.approx(lam, abs=1e-14)


def test_at_a_shrink_s_is_the_later_one():
    path = construct(*left_start(), profile="valley", points=11)
    assert path.s_of(0.0) == path.phases[0].stop
    assert path.at(path.s_of(0.0)).scale == path.best_scale[0]
    # where both roots meet, a root is known to the square root of the rounding
    assert path.scale[0] == pytest.approx(path.best_scale[0], rel=1e-7)


def test_a_descent_past_the_best_scale_stops_at_the_parabolas_other_point():
    path = construct(*short_end(), points=11)
    assert path.phases[-1].scale_stop == 3
    assert path.at(1.0).objective == path.final_objective == 0.25


def test_type_and_head_are_those_of_the_forward_pass():
    path = construct(*trained(torch.float32), points=5)
    assert (path.dtype, path.head) == (torch.float32, "5")
    assert path.weights(0.3)["5.weight"].dtype == torch.float32


@pytest.mark.parametrize("bad", [-0.001, 1.001, float("nan")])
def test_s_and_lambda_outside_their_range_are_refused(bad):
    path = construct(*trained(), points=5)
    for method, name in ((path.at, "s"), (path.weights, "s"), (path.s_of, "lambda")):
        with pytest.raises(InputError, match=rf"{name} in \[0, 1\]; found .*defined there only"):
            method(bad)


def test_the_objective_strictly_decreases_between_any_two_s_up_to_its_rounding():
    path = construct(*bump(), profile="valley", points=11)
    ends = [phase.stop for phase in path.phases]
    close = [
        end * (1 + sign * 2.0**-k) for end in ends for sign in (-1, 1) for k in range(12, 53, 4)
    ]
    near = [np.nextafter(end, side) for end in (*ends, *path.s) for side in (0, 1)]
    spread = np.random.default_rng(0).random(40)
    s = np.unique(np.clip(np.concatenate([ends, near, close, path.s, spread]), 0, 1))
    points = [path.at(float(x)) for x in s]
    objective = np.array([point.objective for point in points])
    assert (np.diff(objective) <= 4e-16 * objective[0]).all()
    apart, flat = np.diff(s) > 1e-9, np.zeros(len(s) - 1, bool)
    for phase in path.phases:  # of a shrink the end is flat, as m is a minimum
        flat |= (phase.name == "shrink") & (s[1:] <= phase.stop) & (s[1:] > phase.stop - 1e-7)
    assert (np.diff(objective)[apart & ~flat] < 0).all()
    assert (np.diff([point.lam for point in points]) >= 0).all()


def test_a_hair_before_a_shrink_the_path_has_not_yet_shrunk():
    path = construct(*bump(), profile="valley", points=11)
    travel, shrink, _ = path.phases
    before = path.at(float(np.nextafter(travel.stop, 0)))
    assert before.scale == pytest.approx(shrink.scale_start, rel=1e-9)
    assert before.objective >= path.at(travel.stop).objective > path.at(shrink.stop).objective


def test_attributes_are_those_of_the_sheet():
    path = construct(*trained(), points=21)
    sheet = forward_of(trained()).along(np.linspace(0, 1, 21))
    assert path.empirical.tolist() == sheet.value(1.0).tolist()
    assert path.minimum.tolist() == sheet.minimum.tolist()
    assert path.best_scale.tolist() == sheet.best_scale.tolist()
    assert path.zero_objective == sheet.d
    assert (path.initial_objective, path.final_objective) == (path.empirical[0], path.empirical[-1])
    arrays = (path.lam, path.s, path.scale, path.target, path.objective, path.empirical)
    assert {(array.dtype, array.shape) for array in arrays} == {(np.dtype(float), (21,))}
