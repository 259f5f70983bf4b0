"""The problem of two samples: its objective, and where its branches run, by PyTorch."""

import numpy as np
import pytest
import torch

from scenes import limits


def by_torch(lam, scale):
    """The objective of each, and its slope in c."""
    scale = torch.tensor(scale, dtype=torch.float64, requires_grad=True)
    margins = torch.stack([torch.ones_like(scale), torch.tensor(-6 + 9 * lam)])
    outputs = scale * torch.stack([margins, torch.zeros_like(margins)])
    losses = torch.nn.functional.cross_entropy(
        outputs.movedim(0, 1), torch.zeros(2, len(lam), dtype=torch.long), reduction="none"
    )
    found = losses.mean(dim=0)
    (slope,) = torch.autograd.grad(found.sum(), scale)
    return found.detach().numpy(), slope.numpy()


def test_the_right_branch_falls_and_runs_off_where_the_second_sample_becomes_right():
    lam, scale = limits.right_branch()
    objective, slope = by_torch(lam, scale)
    assert (np.diff(lam) > 0).all()
    assert (np.diff(objective) < 0).all()
    assert (slope > 0).all()
    assert (lam[0], scale[0]) == (pytest.approx(0), 1)
    assert objective[0] == pytest.approx(limits.INITIAL, rel=1e-12)
    assert objective[-1] > limits.ZERO == pytest.approx(np.log(2), rel=1e-15)
    assert 0 < limits.RIGHT_FROM - lam[-1] < 1e-4
    _, beyond = by_torch(np.full(50, limits.RIGHT_FROM + 1e-9), np.geomspace(1e-3, 1e6, 50))
    assert (beyond <= 0).all()


def test_the_left_branch_falls_from_the_zero_predictor_to_the_trained_weights():
    lam, scale = limits.left_branch()
    objective, slope = by_torch(lam, scale)
    assert (np.diff(lam) > 0).all()
    assert (np.diff(objective) < 0).all()
    assert (slope < 0).all()
    assert limits.ZERO - objective[0] < 1e-4
    assert lam[0] == pytest.approx(5 / 9, abs=0.01)  # where the best scale leaves 0
    assert (lam[-1], scale[-1]) == (pytest.approx(1), 1)
    assert objective[-1] == pytest.approx(limits.FINAL, rel=1e-12)
