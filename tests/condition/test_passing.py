"""Rays on which no scale changes anything, passed at the level L(0), or not."""

import numpy as np
import pytest
import torch

from construction.errors import ConditionError
from construction.theorem.construct import assess, construct

from ..prescribed_outputs import as_network
from ..problems import plane, vector


def line_of(radius, angle=lambda lam: 0.1):
    """Outputs of signed length r(lambda), with target (1, 0)."""

    def path(lam):
        r, phi = radius(lam), angle(lam)
        return vector([r * np.cos(phi), r * np.sin(phi)])

    return plane(path)


#: alpha > 0 > beta in docs/theory/when-a-path-exists.md: away from the target before, then towards
#: it.
PASSABLE = {
    "in-the-middle": line_of(lambda lam: 3 * (lam - 0.5)),
    "kinked": line_of(lambda lam: 2 * (lam - 0.5) + abs(lam - 0.5)),
    "curved": line_of(lambda lam: np.sinh(4 * (lam - 0.5)) / 2),
    "just-before-the-end": line_of(lambda lam: round(1.5 * lam - 1.4625, 12)),
    "at-the-start": line_of(lambda lam: 0.9 * lam),
    "at-the-end": line_of(lambda lam: -2 * (1 - lam)),
}


@pytest.mark.parametrize("problem", PASSABLE.values(), ids=PASSABLE)
def test_a_constant_ray_is_passed_at_the_level_of_the_zero_predictor(problem):
    result = construct(*problem, profile="valley", points=41)
    assert result.conditions.sheet_has_path
    assert not result.conditions.theorem_applies
    zero = np.flatnonzero(result.sheet.constant)
    np.testing.assert_allclose(result.objective[zero], result.zero_objective, rtol=1e-15)
    assert (np.diff(result.objective) < 0).all()
    check = result.certify(61)
    assert check.holds, check.verdict
    for lam in result.lam[zero]:
        beside = [x for x in (lam - 1e-7, lam, lam + 1e-7) if 0 <= x <= 1]
        scales = [result.at(result.s_of(x)).scale for x in beside]
        assert max(scales) - min(scales) < 1e-5  # c is finite there, and continuous


#: alpha < 0, the right branch runs off to infinity; or what follows is as high.
IMPASSABLE = {
    "towards-the-target-before": (
        line_of(lambda lam: 3 * abs(lam - 0.5) + 15 * max(0.2 - lam, 0.0)),
        0.5,
    ),
    "away-from-it-after": (
        line_of(lambda lam: -3 * abs(lam - 0.5) - 15 * max(0.2 - lam, 0.0)),
        0.5,
    ),
}


@pytest.mark.parametrize(("problem", "where"), IMPASSABLE.values(), ids=IMPASSABLE)
def test_a_constant_ray_that_cannot_be_passed_is_named_with_its_margin(problem, where):
    with pytest.raises(ConditionError, match=r"crossing: before the right branch ends") as caught:
        construct(*problem, profile="valley", points=41)
    assert caught.value.lam == where
    assert caught.value.margin <= 0
    found = assess(*problem, points=41)
    assert not found.sheet_has_path
    assert found.crossing.where == where


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "poisson"])
def test_every_smooth_loss_passes_a_constant_ray(loss):
    towards = torch.tensor([[1.5, -1.0], [-0.5, 1.0]]).double()
    raw = {
        "cross_entropy": torch.tensor([0, 1]),
        "binary_cross_entropy": torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double(),
        "poisson": torch.tensor([[3.0, 0.0], [0.0, 3.0]]).double(),
    }[loss]
    problem = as_network(lambda lam: 2 * (lam - 0.4) * towards, raw)
    result = construct(*problem, loss=loss, profile="valley", points=21)
    assert result.certify(41).holds
    near = np.abs(result.lam - 0.4) < 1e-9
    assert result.objective[near] == pytest.approx(result.zero_objective, rel=1e-14)


def test_scales_at_which_a_loss_overflows_are_passed_over_in_the_search_for_one_to_hold():
    count = torch.tensor([[2.0]]).double()  # exp(p) - 2 p: m = 2 - 2 log 2 < 1 = L(W(1)) = L(0)
    problem = as_network(lambda lam: torch.tensor([[3 - 3 * lam]]).double(), count)
    with pytest.raises(ConditionError, match=r"crossing: before the right branch ends") as caught:
        construct(*problem, loss="poisson", profile="valley", points=41)
    assert caught.value.lam == 1
    assert caught.value.margin == pytest.approx(1 - 2 * np.log(2))
