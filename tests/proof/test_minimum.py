"""Bounds of the sheet's minimum from above."""

import numpy as np
import pytest
import torch

from construction.errors import ProofError
from construction.loss.catalogue import LOSSES, as_loss
from construction.loss.custom import Custom
from construction.proof.bounds import BoundedNetwork
from construction.proof.minimum import Ceiling, UpperParabola, _least_difference, highest_loss

from ..proofs import constructed, densely, outputs_and_targets, separated


@pytest.mark.parametrize("name", LOSSES)
def test_the_highest_loss_over_a_box_bounds_all_of_it(name):
    loss = as_loss(name)
    outputs, raw, targets = outputs_and_targets(loss)
    radius = torch.rand(12, 3, generator=torch.Generator().manual_seed(1)).double() * 0.3
    bound = highest_loss(loss, outputs, radius, targets)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 3).double()
    inside = torch.rand(200, 3, generator=torch.Generator().manual_seed(2)).double() * 2 - 1
    values = []
    for signs in torch.cat([corners, inside]):
        moved = outputs + signs * radius
        rays, beside = loss.rays(moved, loss.targets(raw, moved))
        one = torch.ones(1).double()
        each = [
            loss.along(rays[None, :, k : k + 1], beside[..., k : k + 1], one).value
            for k in range(12)
        ]
        values.append(torch.cat(each))
    largest = torch.stack(values).amax(0)
    assert (largest <= bound + 1e-12).all()
    if name != "label_smoothing":
        assert torch.allclose(largest, bound)


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
@pytest.mark.parametrize("anchored", [False, True])
def test_the_ceiling_lies_above_g(loss, anchored):
    path = constructed(points=5) if loss == "squared" else separated(5)
    network = BoundedNetwork(path.forward)
    for start, stop in ((0.0, 0.2), (0.9, 1.0), (1.0, 0.8)):
        for c in (0.0, 0.4, 1.3):
            above = Ceiling(network, start, stop, anchored=anchored).above(c)
            middle = (above.left + above.right) / 2 if anchored else above.middle
            for t in densely(0, 1, 7):
                g = float(path.forward.along([start + t * (stop - start)]).value(c)[0])
                curve = (1 - t) ** 2 * above.left + 2 * t * (1 - t) * middle + t**2 * above.right
                assert g <= curve + 1e-5


def test_the_least_height_of_a_level_over_a_parabola_is_found():
    rng = np.random.default_rng(0)
    for _ in range(300):
        shares = np.sort(np.concatenate([[0, 1], rng.random(rng.integers(0, 3))]))
        heights, curve = rng.normal(size=len(shares)), UpperParabola(*rng.normal(size=3), 0, 0)
        t = np.union1d(np.linspace(0, 1, 2001), shares)
        above = (1 - t) ** 2 * curve.left + 2 * t * (1 - t) * curve.middle + t**2 * curve.right
        least = (np.interp(t, shares, heights) - above).min()
        found = _least_difference(shares, heights, curve)
        assert least - 1e-5 < found <= least


def test_the_objective_lies_between_its_bounds():
    path = constructed(points=5)
    bounds = Ceiling(BoundedNetwork(path.forward), 0.0, 0.0).above(1.0)
    assert bounds.lowest <= path.initial_objective * (1 + 1e-6)
    assert bounds.left >= path.initial_objective * (1 - 1e-6)
    assert bounds.left - bounds.lowest < 1e-6 * bounds.left


def test_a_loss_of_the_users_own_is_refused():
    outputs = torch.zeros(2, 3)
    with pytest.raises(ProofError, match="of which only values are known"):
        highest_loss(Custom(lambda p, y: ((p - y) ** 4).sum(1)), outputs, outputs, outputs)
