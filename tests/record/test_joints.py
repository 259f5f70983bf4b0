"""What is drawn of a constructed path between the lambdas of a coarse record keeps to the path."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, construct, mlp
from construction.errors import ConditionError, RootError
from construction.experiments.path import curves
from construction.record.figure import path_corners
from construction.record.joints import joints, known_joints

INPUTS = torch.randn(50, 2, generator=torch.Generator().manual_seed(3))
TARGETS = 0.3 * INPUTS.sum(1, keepdim=True)


def of_the_squared_loss(rng, points):
    """A path of a linear network, from far off to near the solution, (0.3, 0.3)."""
    ends = rng.normal(-2, 1.5, 2), 0.3 + rng.normal(0, 0.1, 2)
    path = Line(*({"weight": torch.tensor(end[None], dtype=torch.float32)} for end in ends))
    model = nn.Linear(2, 1, bias=False)
    return construct(model, path, (INPUTS, TARGETS), points=points, profile="valley")


def of_cross_entropy(rng, points):
    """A path between two networks, whose labels are those that the last one gives."""
    seed = int(rng.integers(1000))
    model, other = mlp((2, 6, 3), seed=seed), mlp((2, 6, 3), seed=seed + 1)
    with torch.no_grad():
        labels = other(INPUTS).argmax(1)
    path = Line(model.state_dict(), other.state_dict())
    return construct(
        model, path, (INPUTS, labels), loss="cross_entropy", points=points, profile="valley"
    )


def found(make, count):
    """Results of random small problems that have a path, on few lambdas."""
    rng, results = np.random.default_rng(0), []
    while len(results) < count:
        try:
            results.append(make(rng, int(rng.integers(3, 22))))
        except (ConditionError, RootError):
            continue
    return results


@pytest.fixture(scope="module", params=[of_the_squared_loss, of_cross_entropy])
def results(request):
    return found(request.param, 40 if request.param is of_the_squared_loss else 10)


def between(result):
    """Whether a phase ends between two lambdas of the grid."""
    return any(not np.isin(phase.lam_stop, result.lam) for phase in result.phases)


def test_what_is_drawn_never_rises_and_has_every_recorded_point(results):
    assert sum(between(result) for result in results) > len(results) / 4
    for result in results:
        route = result.record().routes[0]
        journey, legs = route.journeys["valley"], curves.legs(route, "valley")
        lam, scale, objective = (
            np.concatenate([getattr(leg, name) for leg in legs])
            for name in ("lam", "scale", "objective")
        )
        rounding = 1e-12 * np.abs(objective).max()
        assert (np.diff(objective) <= rounding).all()
        points = np.column_stack([lam, scale, objective])
        for point in zip(route.sheet.lam, journey.scale, journey.objective, strict=True):
            assert np.isclose(points, point, rtol=1e-9, atol=rounding).all(axis=1).any()
        assert objective[0] == route.empirical[0]
        assert objective[-1] == route.empirical[-1]
        for first, second in pairwise(legs):
            assert [first.lam[-1], first.scale[-1]] == [second.lam[0], second.scale[0]]
            assert first.objective[-1] == pytest.approx(second.objective[0], rel=1e-12)


def test_the_corners_of_the_figure_never_rise(results):
    for result in results:
        heights, _ = path_corners(result.record().routes[0], "valley")
        assert (np.diff(heights[:, 1]) <= 1e-12 * np.abs(heights).max()).all()


def test_a_known_joint_is_the_paths_own_objective_and_another_lies_around_it(results):
    """The path itself measures there, which a record without a certificate does not hold."""
    drops = []
    for result in results:
        route = result.record().routes[0]
        journey = route.journeys["valley"]
        own = [result.at(s).objective for s in (0.0, *(one.stop for one in result.phases))]
        known, drawn = known_joints(route, journey), joints(route, journey)
        sure = np.isfinite(known)
        np.testing.assert_allclose(known[sure], np.array(own)[sure], rtol=1e-9, atol=1e-12)
        assert np.array_equal(known[sure], drawn[sure])
        drops += list(np.abs(drawn - own) / (own[0] - own[-1]))
    assert np.median(drops) < 1e-6
    assert max(drops) < 1e-3
    result = results[0]
    result.certify(9, prove=False)
    known = known_joints(result.record().routes[0], result.record().routes[0].journeys["valley"])
    assert np.isfinite(known).all(), "a certificate measures where phases meet"


def test_the_target_before_a_crossing_between_two_lambdas_goes_straight_on():
    """Moments between them, at c = 22, are half as high again as the path ever is from there on."""
    start, stop = (
        {"weight": torch.tensor([one], dtype=torch.float32)} for one in ((-2.0, -3.0), (0.25, 0.3))
    )
    result = construct(
        nn.Linear(2, 1, bias=False),
        Line(start, stop),
        (INPUTS, TARGETS),
        points=21,
        profile="valley",
    )
    route = result.record().routes[0]
    travel, shrink, _ = curves.legs(route, "valley")
    own = result.at(result.phases[0].stop).objective
    assert travel.objective[-1] == pytest.approx(own, rel=1e-9)
    at = np.array([shrink.lam[0]]), np.array([shrink.scale[0]])
    assert curves.objective_at(route, *at)[0] > 1.5 * own
    shares = np.linspace(result.phases[1].start, result.phases[1].stop, 121)
    wanted = [result.at(float(s)).objective for s in shares]
    np.testing.assert_allclose(shrink.objective, wanted, atol=0.02 * own)


def test_a_shrink_lies_on_the_sheet_that_is_drawn(results):
    """What lies below the drawn sheet would be hidden by it."""
    for result in results:
        route = result.record().routes[0]
        drawn = curves.heights(route, curves.highest_scale(route))
        assert np.isin(route.sheet.lam, drawn.lam).all() or route.loss != "squared"
        assert drawn.objective[:, 0] == pytest.approx(route.sheet.d, rel=1e-6)
        for leg in curves.legs(route, "valley"):
            if leg.phase.name == "shrink":
                row = drawn.objective[drawn.lam == leg.lam[0]][0]
                inside = (drawn.scale >= leg.scale.min()) & (drawn.scale <= leg.scale.max())
                order = np.argsort(leg.scale)
                on_it = np.interp(drawn.scale[inside], leg.scale[order], leg.objective[order])
                np.testing.assert_allclose(row[inside], on_it, rtol=0.03)
                assert (row[inside] <= on_it + 1e-3 * np.abs(on_it)).all()
