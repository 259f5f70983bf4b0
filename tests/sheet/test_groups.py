"""In which groups rays are evaluated, and what a sheet says where there is no root."""

from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from construction.sheet.moments import SquaredSheet
from construction.sheet.rays import MEASURED, SHARING, SMALL, TOGETHER, Rays, groups_of
from construction.sheet.sheet import RecordedSheet

from ..prescribed_outputs import Prescribed

LAM = np.linspace(0, 1, 1001)
PICKED = np.flatnonzero(LAM > 0.2)


def source(entries, together=10**6, device="cpu"):
    return SimpleNamespace(device=torch.device(device), entries=entries, together=together)


@pytest.mark.parametrize(
    ("given", "most", "size"),
    [
        (source(SMALL), None, TOGETHER // SMALL),  # tensors of 32 MiB
        (source(1), None, len(PICKED)),
        (source(1, together=70), None, 70),
        (source(1), MEASURED, MEASURED),
        (source(1, together=3), MEASURED, 3),
        (source(SMALL + 1), None, MEASURED),
        (source(SHARING // 2), None, 2),
        (source(SHARING // 2), 1, 1),
        (source(2 * SHARING), None, 1),  # however large, one at least
        (source(2 * SHARING, together=0), None, 1),
        (source(2 * SHARING, together=500, device="cuda"), MEASURED, 500),
    ],
)
def test_lambdas_are_taken_in_groups_that_fit_into_memory_each_once_and_in_order(given, most, size):
    groups = list(groups_of(given, LAM, PICKED, most))
    assert np.concatenate([picked for _, picked in groups]).tolist() == PICKED.tolist()
    assert all(lam.tolist() == LAM[picked].tolist() for lam, picked in groups)
    assert {len(picked) for _, picked in groups[:-1]} | {size} == {size}
    assert 0 < len(groups[-1][0]) <= size


def test_rays_that_do_not_share_a_tensor_are_evaluated_each_at_its_scale(monkeypatch):
    outputs = torch.tensor([[1.0, 0.0], [0.5, 1.0]]).double()
    given = Prescribed(lambda lam: (1 + lam) * outputs, torch.tensor([0, 0]), "cross_entropy")
    scale, which = torch.tensor([2.0, 0.5]).double(), torch.tensor([2, 0])
    together = Rays(given, np.array([0.0, 0.5, 1.0])).along(scale, which)
    monkeypatch.setattr("construction.sheet.rays.SMALL", 0)
    apart = Rays(given, np.array([0.0, 0.5, 1.0])).along(scale, which)
    for one, other in zip(together, apart, strict=True):
        assert one.tolist() == pytest.approx(other.tolist(), rel=1e-15)
    margins = torch.tensor([[2 * 2 * 1.0, 2 * 2 * -0.5], [0.5, -0.25]]).double()
    assert apart.value.tolist() == pytest.approx(softplus(-margins).mean(1).tolist())


def test_a_level_that_a_ray_does_not_reach_has_no_root_and_asks_for_none():
    raw = torch.tensor([0, 1])
    outputs = torch.tensor([[1.0, 0.0], [1.0, 0.0]]).double()
    given = Prescribed(lambda lam: (1 + lam) * outputs * torch.tensor([[2.0], [1.0]]), raw,
                       "cross_entropy")  # fmt: skip
    sheet = given.sheet([0.0, 0.5, 1.0])
    least, given.evaluations = sheet.minimum_excess, 0
    assert (least < 0).all()
    for right in (True, False):
        side = np.full(3, right)
        for excess in (2 * least, least, np.full(3, np.inf), np.full(3, np.nan)):
            assert np.isnan(sheet.root(excess, side)).all()
    assert np.isnan(sheet.root(np.full(3, 0.1), np.full(3, False))).all()
    assert given.evaluations == 0
    some = sheet.root(np.array([0.5 * least[0], 2 * least[1], 0.5 * least[2]]), np.full(3, True))
    assert np.isnan(some).tolist() == [False, True, False]
    assert given.evaluations > 0


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_a_minimum_that_rests_from_the_scale_0_on_is_flat(size):
    """``|c p - 1| + |c p|`` rests up to c = 1 / p."""
    outputs = torch.full((2, 1), size, dtype=torch.float64)
    raw = torch.tensor([[1.0], [0.0]]).double()
    sheet = Prescribed(lambda lam: outputs, raw, "absolute").sheet([0.0])
    assert (sheet.best_scale[0], sheet.flat[0], sheet.rises[0]) == (0, True, True)
    near = torch.tensor([[1e-6], [1e-13], [0.0], [0.0]]).double()  # level up to c p = 1e-13 alone
    signs = size * torch.tensor([[1.0], [1.0], [-1.0], [-1.0]]).double()
    assert Prescribed(lambda lam: signs, near, "absolute").sheet([0.0]).flat[0]
    raw[1] = 0.5  # least at c p = 1/2 ... 1, and where both agree at one scale alone
    assert Prescribed(lambda lam: outputs, raw, "absolute").sheet([0.0]).flat[0]
    raw[1] = 1.0
    assert not Prescribed(lambda lam: outputs, raw, "absolute").sheet([0.0]).flat[0]


@pytest.mark.parametrize(
    "sheet",
    [
        SquaredSheet(np.zeros(1), np.ones(1), np.ones(1), 1.0),
        RecordedSheet(np.zeros(1), 1.0, *np.zeros((5, 1))),
    ],
)
def test_a_sheet_is_not_changed_as_it_keeps_what_it_has_found(sheet):
    with pytest.raises(FrozenInstanceError):
        sheet.d = 2.0
