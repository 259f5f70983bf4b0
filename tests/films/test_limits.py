"""The problem of two samples: its objective by PyTorch, its roots by scipy, one by one."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from scenes import limits


def test_the_objective_is_pytorchs_cross_entropy():
    for lam, c in ((0.0, 1.0), (0.4, 2.5), (1.0, 0.3)):
        margins = torch.tensor([1.0, -6 + 9 * lam], dtype=torch.float64)
        outputs = c * torch.stack([margins, torch.zeros_like(margins)], dim=1)
        wanted = torch.nn.functional.cross_entropy(outputs, torch.zeros(2, dtype=torch.long))
        assert limits.objective(np.array(lam), np.array(c)) == pytest.approx(
            float(wanted), rel=1e-14
        )
    zero = limits.objective(np.array(0.7), np.array(0.0))
    assert pytest.approx(np.log(2)) == limits.ZERO == zero


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.6, 0.65])
def test_the_roots_are_scipys(lam):
    def sheet(c):
        return float(limits.objective(np.array(lam), np.array(c)))

    at, level = np.array([lam]), np.array([1.1 * limits.ZERO])
    wanted = brentq(lambda c: sheet(c) - 1.1 * limits.ZERO, 0, 1e5)
    assert limits.root(at, level, right=True)[0] == pytest.approx(wanted)
    assert np.isnan(limits.root(at, level, right=False)[0])
    if lam >= 0.6:
        best = limits.best_scale(at)[0]
        level = (limits.ZERO + sheet(best)) / 2
        roots = [limits.root(at, np.array([level]), right=side)[0] for side in (False, True)]
        for root, low, high in zip(roots, (0, best), (best, 1e5), strict=True):
            assert root == pytest.approx(brentq(lambda c: sheet(c) - level, low, high), rel=1e-9)


def test_the_right_branch_ends_where_the_second_sample_becomes_right():
    lam = np.array([limits.RIGHT_FROM - 1e-3, limits.RIGHT_FROM + 1e-9, 0.9])
    root = limits.root(lam, np.full(3, 2.0), right=True)
    assert root[0] == pytest.approx(4 / 9e-3, rel=1e-2)  # g grows like -q c / 2
    assert np.isnan(root[1:]).all()
    assert np.isinf(limits.best_scale(lam)[1:]).all()


def test_the_left_branch_runs_without_a_gap_to_the_trained_weights():
    lam = np.linspace(0, 1, limits.POINTS)
    level = limits.valley_level(lam)
    root = limits.root(lam, level, right=False)
    begins = np.flatnonzero(level < limits.ZERO)[0]
    assert np.isfinite(root[begins:]).all()
    assert (np.diff(level) <= 0).all()
    assert root[-1] == pytest.approx(1.0)
