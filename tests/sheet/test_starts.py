"""Where searches start: at bounds that piecewise linear losses attain, or where others led."""

import numpy as np
import pytest
import torch

from construction.errors import RecordError
from construction.loss.classification import CrossEntropy
from construction.loss.custom import Custom
from construction.loss.regression import Huber
from construction.sheet.ray_sheet import RaySheet
from construction.sheet.rays import SMALL, Rays
from construction.sheet.sheet import Levels, RecordedSheet
from construction.sheet.table import COLUMNS, ROWS

from ..prescribed_outputs import Prescribed

ONE = torch.ones(1, 1).double()


def root_and_evaluations(loss, size, target, excess, right):
    """Of one output of that size, and one target."""
    given = Prescribed(lambda lam: size * ONE, target * ONE, loss)
    sheet = given.sheet([0.0])
    scale = sheet.root(np.array([excess]), np.array([right]))
    return scale[0], given.evaluations


@pytest.mark.parametrize(
    ("loss", "size", "target", "excess", "right", "root"),
    [
        ("absolute", 2, 1, 0.5, True, 1.25),  # |2 c - 1| = 1.5
        ("absolute", 2, 1, -0.6, False, 0.3),
        ("absolute", 2, -1, 3.0, True, 1.5),  # 1 + 2 c = 4, which falls nowhere
        ("absolute", 0.02, 1, -0.6, False, 30.0),
        (Huber(0.5), 2, 1, 2.0, True, 3.0),  # c - 0.625 beyond the kink, and L(0) = 0.375
        (Huber(0.5), 40, 1, 2.0, True, 0.15),
        (Custom(lambda p, y: (p - y).square().sum(1)), 1, 1, 0.0, True, 2.0),  # no bound: 2 c*
    ],
)
def test_a_start_that_is_the_root_is_all_that_is_evaluated(loss, size, target, excess, right, root):
    assert root_and_evaluations(loss, size, target, excess, right) == (pytest.approx(root), 1)


def scaled(lam):
    """Logits of two samples, one right and one wrong, that shrink as ``1 / (1 + lam)``."""
    return torch.tensor([[1.5, 0.0], [0.0, -0.5], [-1.0, 0.0]]).double() / (1 + lam)


LABELS = torch.tensor([0, 0, 0])


@pytest.mark.parametrize("sides", ["right", "left", "left after the third"])
def test_roots_that_follow_a_line_are_found_where_it_leads(sides, monkeypatch):
    """c is r (1 + lam): from the third of a branch on, the two before it say where."""
    monkeypatch.setattr("construction.sheet.rays.SHARING", 1)
    monkeypatch.setattr("construction.sheet.rays.SMALL", 1)
    monkeypatch.setattr("construction.sheet.ray_sheet.SMALL", 1)
    lam = np.linspace(0, 1, 11) ** 2
    given = Prescribed(scaled, LABELS, "cross_entropy")
    sheet = given.sheet(lam)
    assert np.allclose(sheet.best_scale, sheet.best_scale[0] * (1 + lam), rtol=1e-9)
    right = np.full(11, sides == "right")
    if sides == "left after the third":
        right[:3] = True
    first = sheet.pick(slice(0, 11)).minimum_excess[0] / 2
    counts = []
    for k in range(1, 12):
        part, given.evaluations = sheet.pick(slice(0, k)), 0
        scale = part.root(np.full(k, first), right[:k])
        counts.append(given.evaluations)
    each = np.diff([0, *counts])
    assert np.allclose(scale[right], scale[0] * (1 + lam[right]), rtol=1e-9)
    assert np.allclose(scale[~right], scale[-1] / 2 * (1 + lam[~right]), rtol=1e-9)
    led = each[5:]  # two of a branch before them
    assert (led <= 2).all(), each
    assert each[0] > 2


def test_best_scales_that_follow_a_line_are_found_where_it_leads(monkeypatch):
    monkeypatch.setattr("construction.sheet.rays.SHARING", 1)
    monkeypatch.setattr("construction.sheet.rays.SMALL", 1)
    asked = []

    class Counted(CrossEntropy):
        def along(self, rays, targets, c):
            asked.append(c)
            return super().along(rays, targets, c)

    lam, counts = np.linspace(0, 1, 9) ** 2, []
    for k in range(1, 10):
        asked.clear()
        Prescribed(scaled, LABELS, Counted()).sheet(lam[:k])
        counts.append(len(asked))
    each = np.diff([0, *counts])
    assert (each[2:] <= 4).all(), each  # at 0 and 1, where it leads, and once more
    assert (each[:2] > 4).all(), each


@pytest.mark.parametrize(("samples", "together"), [(2, True), (SMALL // 2 + 1, False)])
@pytest.mark.parametrize("count", [2, 5])
def test_small_rays_are_evaluated_together_and_large_ones_one_after_the_other(
    samples, together, count
):
    counted = []

    class Counted(CrossEntropy):
        def along(self, rays, targets, c):
            counted.append(len(c))
            return super().along(rays, targets, c)

    outputs = scaled(0.0)[:2].repeat(samples // 2 + 1, 1)[:samples]
    labels = torch.zeros(samples, dtype=torch.long)
    Prescribed(lambda lam: outputs / (1 + lam), labels, Counted()).sheet(np.linspace(0, 1, count))
    assert max(counted) == (count if together else 1)


def test_a_table_is_as_large_as_it_says_and_small_rays_take_one_call_a_lambda(monkeypatch):
    calls = []

    class Counted(CrossEntropy):
        def heights(self, rays, targets, c):
            calls.append(len(c))
            return super().heights(rays, targets, c)

    given = Prescribed(scaled, LABELS, Counted())
    given.kept = np.linspace(0, 1, 201).tolist()
    sheet = given.sheet(given.kept)
    sheet.root(np.full(201, sheet.empirical_excess[0]), np.full(201, True))
    calls.clear()
    table = sheet.table
    assert (len(table.lam), len(table.scale)) == table.objective.shape == (ROWS, COLUMNS)
    assert (ROWS, COLUMNS) == (101, 128)
    assert calls.count(COLUMNS) == ROWS


@pytest.mark.parametrize("c", [0.0, 0.5, 1.0, 3.0])
def test_one_scale_for_all_lambdas_is_evaluated_at_each(c):
    lam = [0.0, 0.3, 1.0]
    sheet = Prescribed(scaled, LABELS, "cross_entropy").sheet(lam)
    g, slopes = [], []
    for x in lam:
        scale = torch.tensor(c, dtype=torch.float64, requires_grad=True)
        value = torch.nn.functional.cross_entropy(scale * scaled(x), LABELS)
        g.append(value.item())
        slopes.append(torch.autograd.grad(value, scale)[0].item())
    assert np.allclose(sheet.value(c), g, rtol=1e-14)
    assert np.allclose(sheet.excess(c), np.array(g) - np.log(2), atol=1e-15)
    assert np.allclose(sheet.slope(c), slopes, rtol=1e-12)


def test_what_is_known_at_the_scales_0_and_1_is_not_evaluated_again(monkeypatch):
    sheet = Prescribed(scaled, LABELS, "cross_entropy").sheet([0.0, 1.0])
    monkeypatch.setattr(RaySheet, "_evaluated", None)
    assert (sheet.slope(0.0) == sheet.curves.slope_at_zero).all()
    assert (sheet.value(1.0) - sheet.excess(1.0)).tolist() == pytest.approx([np.log(2)] * 2)


def test_a_recorded_sheet_is_asked_for_one_scale_at_once():
    recorded = RecordedSheet(np.zeros(3), 1.0, *np.ones((5, 3)))
    with pytest.raises(RecordError):
        recorded.excess(np.ones(3))
    assert recorded.excess(1).tolist() == [1.0, 1.0, 1.0]


def test_rays_are_copied_only_where_some_of_them_are_picked():
    given, seen = Prescribed(scaled, LABELS, "cross_entropy"), []
    rays = Rays(given, np.array([0.0, 0.5, 1.0]))
    ((tensor, _),) = rays.tensors[0]()
    for which in (rays.every, rays.every[1:]):
        rays._means(lambda one, *_: (seen.append(one) or one.sum((1, 2)),), which)
    assert seen[0].data_ptr() == tensor.data_ptr()
    assert torch.equal(seen[1], tensor[1:])
    assert seen[1].data_ptr() != tensor[1:].data_ptr()


def test_a_left_root_of_an_exponential_is_found_on_its_logarithm():
    """From c = 1.4 to where ``log(1 + exp(-c))`` is 1e-12, c = 27.6."""
    found, evaluations = root_and_evaluations(
        "binary_cross_entropy", -1, 0, 1e-12 - np.log(2), False
    )
    assert found == pytest.approx(12 * np.log(10), rel=1e-5)
    assert evaluations <= 6


def test_levels_are_those_of_the_zero_predictor_and_beyond():
    levels = Levels(zero=3.0, initial_excess=0.5, final_excess=-1.0)
    assert (levels.initial, levels.final) == (3.5, 2.0)
