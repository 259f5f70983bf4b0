"""Rays on which no scale changes anything, passed at the level L(0), or not."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from construction.answers import UNDECIDED
from construction.errors import ConditionError
from construction.network.evaluation import run
from construction.network.networks import mlp
from construction.path.paths import Line
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
    assert result.conditions.crossing.value == 0  # m - L(0) at the ray
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


@pytest.mark.parametrize("points", [20, 21, 22])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("share", [0.5877, 1.0])
def test_a_ray_that_vanishes_between_grid_points_is_no_firm_no(points, dtype, share):
    """Along a line on which the head changes its sign there is a path, whatever the grid."""
    own = torch.Generator().manual_seed(0)
    inputs, labels = torch.randn(60, 3, generator=own), torch.arange(60) % 3
    inputs[torch.arange(60), labels] += 1.5
    model = mlp((3, 8, 3), seed=0)
    right = {name: value.to(dtype) for name, value in model.state_dict().items()}
    for name in ("3.weight", "3.bias"):
        right[name] = 0.3 * right[name]  # so small that one end lies below L(0)
    wrong = {name: -share * x if name[0] == "3" else x for name, x in right.items()}
    data = inputs.to(dtype), labels
    model = model.to(dtype)
    high = [float(cross_entropy(run(model, one, data[0]), labels)) for one in (right, wrong)]
    ends = (right, wrong) if high[0] > high[1] else (wrong, right)
    answers = assess(model, Line(*ends), data, loss="cross_entropy", points=points)
    assert answers.crossing is not None
    assert answers.path_answer in ("yes", UNDECIDED)


@pytest.mark.parametrize("start", [3.0, 20.0, 300.0])
@pytest.mark.parametrize("where", [0.5, 0.51, 1.0])
def test_no_scale_hides_that_the_objective_sinks_below_that_of_the_zero_predictor(start, where):
    """Before the ray outputs point a little towards the target: alpha < 0 at each scale.

    At a large one g falls from far above L(0), and only very near sinks below it; at the ray it
    is L(0) again.
    """
    unit = np.sqrt(start) / where
    problem = line_of(
        lambda lam: unit * abs(where - lam) if lam < where else 2 * (lam - where),
        lambda lam: np.arccos(0.05) if lam < where else 0.1,
    )
    found = assess(*problem, points=41)
    assert found.path_answer != "yes"
    with pytest.raises(ConditionError, match="crossing"):
        construct(*problem, profile="valley", points=41)


def test_logits_that_vanish_at_the_end_sink_before_it():
    raw = torch.tensor([0, 1, 1])
    base = torch.tensor([[1.0, 0], [0, 1], [0.3, 0]]).double()
    for size in (1e2, 1e4):
        problem = as_network(lambda lam, size=size: size * (1 - lam) * base, raw)
        assert assess(*problem, loss="cross_entropy", points=21).path_answer != "yes"
