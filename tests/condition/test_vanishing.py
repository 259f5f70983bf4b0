"""Outputs that vanish between lambdas, or are small: what the conditions say there."""

import pytest
import torch

from construction.answers import UNDECIDED
from construction.theorem.construct import assess

from ..prescribed_outputs import as_network


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
