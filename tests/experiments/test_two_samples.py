"""The problem of two samples: its objective by PyTorch, its roots by scipy."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from construction.experiments.path import two_samples as two


def test_the_objective_is_pytorchs_cross_entropy():
    for lam, c in ((0.0, 1.0), (0.4, 2.5), (1.0, 0.3)):
        margins = torch.tensor([1.0, -6 + 9 * lam], dtype=torch.float64)
        outputs = c * torch.stack([margins, torch.zeros_like(margins)], dim=1)
        wanted = torch.nn.functional.cross_entropy(outputs, torch.zeros(2, dtype=torch.long))
        assert two.objective(np.array(lam), np.array(c)) == pytest.approx(float(wanted), rel=1e-14)
    assert pytest.approx(np.log(2)) == two.ZERO == two.objective(np.array(0.7), np.array(0.0))


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.6, 0.65])
def test_the_roots_are_scipys(lam):
    def sheet(c):
        return float(two.objective(np.array(lam), np.array(c)))

    found = two.branches(np.array([lam]), np.array([1.1 * two.ZERO]))
    assert found.right[0] == pytest.approx(brentq(lambda c: sheet(c) - 1.1 * two.ZERO, 0, 1e5))
    assert np.isnan(found.left[0])
    if np.isclose(lam, [0.6, 0.65]).any():
        level = (two.ZERO + found.lowest[0]) / 2
        both = two.branches(np.array([lam]), np.array([level]))
        best = float(both.best[0])
        for root, low, high in ((both.left, 0, best), (both.right, best, 1e5)):
            wanted = brentq(lambda c: sheet(c) - level, low, high)
            assert root[0] == pytest.approx(wanted, rel=1e-9)


def test_the_right_branch_ends_where_the_second_sample_becomes_right():
    assert pytest.approx(2 / 3) == two.RIGHT_FROM
    lam = np.array([two.RIGHT_FROM - 1e-3, two.RIGHT_FROM + 1e-9, 0.9])
    found = two.branches(lam, np.full(3, 2.0))
    assert found.right[0] == pytest.approx(4 / 9e-3, rel=1e-2)  # g grows like -q c / 2
    assert np.isnan(found.right[1:]).all()
    assert np.isinf(found.best[1:]).all()


def test_the_left_branch_ends_at_the_trained_weights():
    found = two.branches(np.array([1.0]), np.array([two.FINAL]))
    assert found.left[0] == pytest.approx(1.0)
