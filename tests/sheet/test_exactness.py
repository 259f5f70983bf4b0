"""How exact roots, best scales and minima are: near nothing, near L(0), at kinks, and level."""

import numpy as np
import pytest
import torch

from construction.loss.custom import Custom
from construction.loss.regression import Huber
from construction.sheet.moments import SquaredSheet

from ..prescribed_outputs import Prescribed

ONE = torch.ones(1, 1).double()


def test_outputs_that_vanish_are_constant_and_no_flat_minimum():
    outputs = torch.tensor([[1.0], [0.0]]).double()
    sheet = Prescribed(lambda lam: (1 - lam) * outputs, outputs * 0 + 1, "absolute").sheet([0, 1.0])
    assert sheet.constant.tolist() == [False, True]
    assert sheet.flat.tolist() == [False, False]
    assert sheet.flat.dtype == bool


@pytest.mark.parametrize("fall", [1e-12, 1e-8, 1e-4])
def test_roots_are_as_exact_as_their_targets_near_the_zero_predictor_and_near_nothing(fall):
    """``log(1 + exp(-c))`` by its inverse, and by ``c / 2 - c^2 / 8`` near c = 0."""
    zero = np.log(2)
    sheet = Prescribed(lambda lam: -ONE, 0 * ONE, "binary_cross_entropy").sheet([0.0])
    for e in (-fall, fall - zero):
        found = sheet.root(np.array([e]), np.array([False]))[0]
        if e == -fall:
            assert found == pytest.approx(4 * fall / (1 + np.sqrt(1 - 2 * fall)), rel=1e-6)
        else:
            assert found == pytest.approx(-np.log(np.expm1(zero + e)), rel=1e-13)


def test_a_best_scale_below_which_hardly_anything_is_left_is_exact():
    """``log(1 + exp(-c)) + y c`` is least where ``exp(-c) = y / (1 - y)``."""
    y = 1e-3
    sheet = Prescribed(lambda lam: -ONE, y * ONE, "binary_cross_entropy").sheet([0.0])
    assert sheet.best_scale[0] == pytest.approx(np.log((1 - y) / y), rel=1e-9)
    assert sheet.minimum[0] == pytest.approx(-y * np.log(y) - (1 - y) * np.log1p(-y), rel=1e-12)


def test_by_how_much_rounding_moves_a_parabola():
    sheet = SquaredSheet(np.array([0.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 2.0]), 5.0)
    assert sheet.moves.tolist() == [[16.0, 12.0], [10.0, 10.0]]  # 2 |a - b| + 2 L(0); 2 L(0)
    assert sheet.raw_size.tolist() == [2.0, 1.0]


def test_logits_count_as_many_times_more_as_they_are_larger_than_their_differences():
    labels = torch.tensor([0, 1])
    shared = torch.tensor([[10.0, 12.0], [-7.0, -8.0]]).double()
    sheet = Prescribed(lambda lam: shared, labels, "cross_entropy").sheet([0.0])
    assert sheet.output_size[0] == (2 + 1) / 2
    assert sheet.raw_size[0] == (10 + 12 + 7 + 8) / 2
    apart = Prescribed(lambda lam: shared - shared[:, :1], labels, "cross_entropy").sheet([0.0])
    assert apart.raw_size[0] == apart.output_size[0] == 1.5
    assert sheet.moves == pytest.approx(apart.moves * 18.5 / 1.5)
    assert apart.moves[1, 0] == pytest.approx(2 * np.log(2))
    assert apart.moves[0, 0] == pytest.approx(2 * np.log(2) + abs(apart.slope(1.0)[0]))


def test_a_loss_of_ones_own_says_by_its_gradient_how_far_rounding_moves_it():
    def off(p, y):
        return (p[:, 0] - p[:, 1] - y[:, 0]).square()

    outputs = torch.tensor([[7.0, 5.0], [1.0, 4.0]]).double()
    y = torch.tensor([[1.0], [1.0]]).double()
    sheet = Prescribed(lambda lam: outputs, y, Custom(off)).sheet([0.0])
    # at c = 1: 2 |2 - 1| (7 + 5) and 2 |-3 - 1| (1 + 4); c* = 0 as (2 c - 1)^2 + (3 c + 1)^2 rises
    assert sheet.moves[:, 0].tolist() == [(24 + 40) / 2, 0.0]
    flipped = Prescribed(lambda lam: outputs[:1], y[:1], Custom(off)).sheet([0.0])
    assert flipped.moves[:, 0] == pytest.approx([24.0, 0.0], abs=1e-6)  # c* = 1/2 meets y


def nearly_level(delta):
    """Two logits whose slopes at c = 0 cancel up to delta: ``g = L(0) - delta c / 2 + c^2 / 8``.

    The third derivative vanishes at 0; c* = 2 delta, ``delta^2 / 2`` below L(0).
    """
    outputs = torch.tensor([[1 + 2 * delta], [1.0]], dtype=torch.float64)
    raw = torch.tensor([[1.0], [0.0]]).double()
    return Prescribed(lambda lam: outputs, raw, "binary_cross_entropy").sheet([0.0])


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-9])
def test_a_minimum_hardly_below_the_zero_predictor_is_where_it_is(delta):
    sheet = nearly_level(delta)
    assert sheet.best_scale[0] == pytest.approx(2 * delta, rel=max(1e-6, 3 * delta))
    assert sheet.minimum_excess[0] == pytest.approx(-(delta**2) / 2, rel=max(1e-6, 3 * delta))


@pytest.mark.parametrize(
    ("delta", "exact", "most"), [(1e-4, 1e-3, 15), (1e-6, 1e-5, 18), (3e-8, 1e-4, 22)]
)
def test_roots_hardly_below_the_zero_predictor_are_where_they_are(delta, exact, most):
    """Three quarters of the way down, half of the way to c* on either side."""
    sheet, excess = nearly_level(delta), -3 / 8 * delta**2
    for right, root in ((False, delta), (True, 3 * delta)):
        found = sheet.root(np.array([excess]), np.array([right]))
        assert found[0] == pytest.approx(root, rel=exact)
    assert sheet.source.evaluations <= most


def test_a_minimum_beside_a_kink_is_as_low_as_the_scales_beside_it():
    """A Huber loss of outputs near 1e8 bends within 1e-8 of c*: one sample, of two, meets y."""
    for seed in range(60):
        random = np.random.default_rng(seed)
        outputs, y = (torch.from_numpy(1e8 * random.normal(size=(2, 2))) for _ in range(2))
        sheet = Prescribed(lambda lam, outputs=outputs: outputs, y, "huber").sheet([0.0])
        best, beside = sheet.best_scale[0], np.array([0.0, *np.geomspace(1e-13, 1e-7, 40)])
        if 0 < best < np.inf:
            scales = best * (1 + np.concatenate([beside, -beside]))
            least = min(sheet.excess(c)[0] for c in scales)
            assert sheet.minimum_excess[0] <= least + 4e-16 * sheet.d, seed


def test_a_loss_that_reaches_its_rest_smoothly_has_a_best_scale():
    """``max(0, 1 - p)^3`` rests from c = 1 / min p on."""
    outputs = torch.tensor([[0.5], [2.0]]).double()
    cubed = Custom(lambda p, y: torch.relu(1 - p * y).pow(3).sum(1))
    sheet = Prescribed(lambda lam: outputs, torch.ones(2, 1).double(), cubed).sheet([0.0])
    assert sheet.best_scale[0] == pytest.approx(2.0, rel=1e-3)
    assert sheet.flat[0]


def test_the_best_scale_of_a_loss_of_ones_own_is_as_low_as_the_minimum_beside_kinks():
    """On one side of the kink in which g is least it is nearly level, or rests."""
    for seed in range(150):
        random = np.random.default_rng(seed)
        nearly = random.choice([-2, -1, 1, 1, 2], 8) * (1 + 2.0 ** -random.integers(16, 31, 8))
        outputs, y = (
            torch.from_numpy(nearly)[:, None],
            2.0 * torch.from_numpy(random.normal(size=(8, 1))),
        )
        within = Custom(lambda p, y: torch.relu((p - y).abs() - 0.1).sum(1))
        sheet = Prescribed(lambda lam, outputs=outputs: outputs, y, within).sheet([0.0])
        above = sheet.excess(sheet.best_scale) - sheet.minimum_excess
        assert abs(above[0]) <= 2e-15 * sheet.d, seed


def within(p, y):
    """Own: what is within 1 of its target costs nothing."""
    return torch.relu((p - y).abs() - 1).sum(1)


@pytest.mark.parametrize("unit", [1e-30, 1e-9, 1.0, 1e9])
@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "best", "flat"),
    [
        (Custom(lambda p, y: (p - y).square().sum(1)), (1, 2, -1), (1, 1, 1), 1 / 3, False),
        (Custom(lambda p, y: (p - y).pow(4).sum(1)), (1, -1), (1, -1), 1.0, False),
        (Custom(lambda p, y: torch.relu(1 - p * y).square().sum(1)), (1, -1), (1, 1), 0.0, False),
        (Custom(within), (1, 2), (0.5, -0.5), 0.0, True),  # up to c = 1/4
        (Custom(within), (1,), (3,), 2.0, True),  # up to c = 4
        (Custom(within), (1,), (1,), 0.0, True),  # up to c = 2
        (Custom(within), (1,), (-1,), 0.0, False),
        ("absolute", (1, 1), (1, 3), 1.0, True),  # up to c = 3
        ("absolute", (1, 1, -1, 2), (1, 3, 1, 4), 2.0, False),  # slopes -1 and 3 beside c = 2
        ("hinge", (1, -1), (1, 1), 0.0, True),  # up to c = 1
        (Huber(1e-3), (1, 1), (1, 3), 1.001, True),  # up to c = 2.999
        # 1/2 ((c - t)^2 + (c + t - t d)^2) is least at t d / 2
        (Huber(), (1, -1), (1e-5, 1e-5 * (1 - 1e-8)), 5e-14, False),
        (Huber(), (1, -1), (1e-5, 1e-5), 0.0, False),
    ],
)
def test_minima_on_intervals_of_scales_are_told_from_single_ones(
    loss, outputs, targets, best, flat, unit
):
    """By slopes worked out by hand; outputs may come in any unit."""
    rays, raw = (torch.tensor(one, dtype=torch.float64)[:, None] for one in (outputs, targets))
    sheet = Prescribed(lambda lam: unit * rays, raw, loss).sheet([0.0])
    assert sheet.flat.tolist() == [flat]
    if not flat:
        assert sheet.best_scale[0] * unit == pytest.approx(best, rel=1e-2, abs=1e-16)
    assert sheet.at(0).excess(sheet.best_scale)[0] == pytest.approx(
        sheet.excess(best / unit)[0], abs=1e-14
    )


def test_a_root_that_rounding_of_a_loss_of_ones_own_hides_is_found():
    """``g - L(0) = c N / 2`` of two of four samples, L(0) = 0.1 and N = 5e-7: no c is exact."""
    random, n = np.random.default_rng(0), 5.34925531e-07
    raw = torch.tensor([[-0.9727489689182027], [0.2026732265], [-1.1404281922], [-1.2667361091]])
    lam = np.linspace(0, 1, 4000)
    given = Prescribed(lambda lam: n * torch.ones(4, 1).double(), raw.double(), Custom(within))
    excess = 4.18906575e-07 * (1 + 1e-6 * random.random(len(lam)))
    found = given.sheet(lam).root(excess, np.full(len(lam), True))
    assert found == pytest.approx(2 * excess / n, rel=1e-9)
