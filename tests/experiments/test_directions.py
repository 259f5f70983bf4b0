"""Directions and planes in weight space, against plain loops and numpy's own decompositions."""

import numpy as np
import pytest
import torch

from construction.errors import InputError, WeightsError
from construction.experiments.landscape.directions import (
    Plane,
    parameters_of,
    principal,
    random_direction,
)
from construction.experiments.landscape.words import WALK_KEEPS
from construction.network.networks import lenet, resnet


def parameters(model):
    return parameters_of(model, model.state_dict())


def flat(states):
    rows = [np.concatenate([v.double().numpy().ravel() for v in one.values()]) for one in states]
    return np.stack(rows)


def noisy(like, count, seed=0):
    """State dicts of Gaussian entries, each with a scale of its own."""
    generator = torch.Generator().manual_seed(seed)
    return [
        {n: (k + 1) * torch.randn(v.shape, generator=generator) for n, v in like.items()}
        for k in range(count)
    ]


# --- filter normalisation ------------------------------------------------------------------------


@pytest.mark.parametrize("model", [resnet(8, width=2), lenet(widths=(2, 3, 5, 4))])
def test_each_filter_has_the_norm_of_that_of_the_weights_and_the_rest_is_zero(model):
    weights = parameters(model)
    direction = random_direction(weights, 3)
    assert direction.keys() == weights.keys()
    for name, weight in weights.items():
        found = direction[name]
        assert (found.shape, found.dtype) == (weight.shape, weight.dtype)
        for j in range(len(weight)):
            wanted = float(weight[j].norm()) if weight.ndim > 1 else 0.0
            assert float(found[j].norm()) == pytest.approx(wanted, rel=1e-5)


def test_it_scales_with_the_weights_and_depends_on_the_seed_alone():
    weights = parameters(lenet(widths=(2, 3, 5, 4)))
    doubled = {name: 2 * value for name, value in weights.items()}
    before = torch.get_rng_state()
    one, two, other = (random_direction(*a) for a in ((weights, 0), (doubled, 0), (weights, 1)))
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in one.items():
        torch.testing.assert_close(two[name], 2 * value)
        assert value.ndim == 1 or not torch.allclose(value, other[name])


def test_running_statistics_and_counters_are_no_parameters():
    model = resnet(8, width=2)
    names = {name for name, _ in model.named_parameters()}
    assert parameters(model).keys() == names < model.state_dict().keys()


# --- the plane of a trajectory -------------------------------------------------------------------


def test_principal_directions_are_those_of_a_singular_value_decomposition():
    centre = noisy(parameters(resnet(8, width=2)), 1)[0]
    checkpoints = noisy(centre, 7, seed=1)
    first, second, shares = principal(checkpoints, centre)
    rows = flat(checkpoints) - flat([centre])
    _, values, right = np.linalg.svd(rows, full_matrices=False)
    assert shares == pytest.approx(values**2 / (values**2).sum(), rel=1e-9)
    for direction, wanted in zip((first, second), right, strict=False):
        (mine,) = flat([direction])
        assert np.linalg.norm(mine) == pytest.approx(1, rel=1e-6)
        assert abs(mine @ wanted) == pytest.approx(1, rel=1e-6)


def test_the_shares_of_both_directions_are_what_the_plane_keeps():
    centre = noisy({"w": torch.zeros(40), "b": torch.zeros(3)}, 1)[0]
    checkpoints = noisy(centre, 5, seed=1)
    first, second, shares = principal(checkpoints, centre)
    seen = Plane(centre, first, second).project([*checkpoints, centre])
    assert seen.share == pytest.approx(shares[:2].sum(), rel=1e-6)
    assert seen.length[-1] == seen.distance[-1] == 0


def test_a_random_walk_keeps_what_the_closed_form_says():
    steps = torch.randn(300, 10_000, generator=torch.Generator().manual_seed(0))
    walk = steps.cumsum(0)
    *_, shares = principal([{"w": row} for row in walk[:-1]], {"w": walk[-1]})
    assert shares[:2].sum() == pytest.approx(WALK_KEEPS, abs=0.01)


def test_checkpoints_on_a_line_or_too_few_are_refused():
    centre = {"w": torch.zeros(3)}
    line = [{"w": torch.tensor([1.0, 2.0, 3.0]) * k} for k in (1, 2, 5)]
    with pytest.raises(WeightsError, match=r"span a plane; found that they lie on one line"):
        principal(line, centre)
    with pytest.raises(InputError, match=r"at least 2 checkpoints .*; found 1\. Keep more"):
        principal(line[:1], centre)


# --- projection ----------------------------------------------------------------------------------


def test_projection_is_the_least_squares_solution_for_oblique_directions():
    centre, first, second, *states = noisy({"w": torch.zeros(6, 5), "b": torch.zeros(6)}, 7)
    seen = Plane(centre, first, second).project(iter(states))
    design = flat([first, second]).T
    for k, offset in enumerate(flat(states) - flat([centre])):
        wanted, (rest,), *_ = np.linalg.lstsq(design, offset)
        assert seen.place[k] == pytest.approx(wanted, rel=1e-9)
        assert seen.distance[k] ** 2 == pytest.approx(rest, rel=1e-9)
        assert seen.length[k] == pytest.approx(np.linalg.norm(offset), rel=1e-12)


def test_a_point_of_the_plane_comes_back_to_its_coordinates():
    model = resnet(8, width=2)
    weights = parameters(model)
    plane = Plane(
        {**model.state_dict()}, random_direction(weights, 0), random_direction(weights, 1)
    )
    seen = plane.project([plane.at(0.5, -0.25)])
    assert seen.place[0] == pytest.approx([0.5, -0.25], abs=1e-6)
    assert seen.distance[0] < 1e-5 * seen.length[0]
    moved = plane.at(0.5, -0.25)
    for name, buffer in model.named_buffers():
        assert torch.equal(moved[name], buffer)
    assert all(torch.equal(plane.at(0, 0)[name], value) for name, value in plane.centre.items())
