"""What holds only by rounding is not decided: outputs that vanish between lambdas, near ties."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from torch import nn

from construction.answers import UNDECIDED
from construction.condition.minima import Rounding, lows_of
from construction.errors import ConditionError
from construction.network.heads import scale_head
from construction.network.networks import mlp
from construction.path.paths import Line, Polyline
from construction.sheet.moments import SquaredSheet
from construction.theorem.construct import assess, construct, measure

from ..prescribed_outputs import as_network
from ..problems import copied, vanishing

RATIO = np.pi


def opposite_ends(dtype):
    """W(1) = -pi W(0): all weights vanish at lambda = 1 / (1 + pi), which no grid holds.

    Targets are such that <N(W(0)), y> > 0 and L(W(0)) > L(0): on the way there the right branch
    runs off to infinity, so that no path leads through.
    """
    model = mlp((3, 8, 2), seed=0)
    x = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    start = copied(model)
    end = {name: -RATIO * value for name, value in start.items()}
    first, last = (
        torch.func.functional_call(model, state, (x,)).detach() for state in (start, end)
    )
    size, inner = first.square().sum(1).mean(), (first * last).sum(1).mean()
    y = 0.7 * last + (0.2 - 0.7 * inner / size) * first
    return model.to(dtype), Line(start, end), (x.to(dtype), y.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("profile", ["paper", "valley"])
def test_outputs_that_vanish_between_lambdas_are_found_and_no_path_is_claimed(profile, dtype):
    problem = opposite_ends(dtype)
    match = r"not decided at this precision\. Use dtype=torch\.float64 if .* another base path"
    with pytest.raises(ConditionError, match=match) as caught:
        construct(*problem, profile=profile, points=101)
    assert caught.value.condition == ("condition 1" if profile == "paper" else "crossing")
    assert caught.value.lam == pytest.approx(1 / (1 + RATIO), abs=1e-3)
    found = assess(*problem, points=101)
    assert found.condition_1.value <= found.condition_1.rounding
    assert found.condition_1.verdict == UNDECIDED
    assert found.theorem_answer == found.path_answer == UNDECIDED


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_head_that_rounds_to_nothing_on_the_grid_is_no_margin(dtype):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1)).to(dtype)
    x, end = torch.randn(50, 3, dtype=dtype), copied(net)
    start = {name: -2 * value if name[0] == "2" else value + 0.3 for name, value in end.items()}
    found = assess(net, Line(start, end), (x, net(x).detach()), points=31)  # 20/30 is on the grid
    assert found.condition_1.where == pytest.approx(2 / 3)
    assert found.theorem_answer != "yes"
    assert not found.condition_1.holds


@pytest.mark.parametrize("loss", ["absolute", "poisson", "binary_cross_entropy"])
def test_every_loss_finds_where_outputs_vanish(loss):
    towards = torch.tensor([[1.0, 0.5], [-0.7, 1.2]]).double()
    raw = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).double()
    problem = as_network(lambda lam: 2 * (np.pi / 8 - lam) * towards, raw)
    found = assess(*problem, loss=loss, points=21)
    assert found.condition_1.where == pytest.approx(np.pi / 8, abs=1e-12)
    assert found.theorem_answer != "yes"


def test_outputs_that_come_near_zero_but_do_not_vanish_keep_their_margin():
    lam = np.linspace(0, 1, 41)

    def sheet(lam):
        return SquaredSheet(lam, (lam - 0.51) ** 2 + 1e-10, lam - 0.51, 1.0)

    asked = []

    def along(lam):
        asked.extend(lam)
        return sheet(np.array(lam))

    (low,) = lows_of(sheet(lam), along, size=1e-15)
    assert low.growth[0] < 1.5e-10
    assert len(asked) < 40
    asked.clear()
    assert not lows_of(SquaredSheet(lam, 1 + lam, lam, 1.0), along, size=1e-15)
    assert not asked  # an ordinary sheet costs no forward pass


def test_a_zero_on_the_grid_is_a_no_and_one_beside_it_is_not_decided():
    assert assess(*vanishing(), points=5).condition_1.answer == "no"
    assert assess(*vanishing(), points=4).condition_1.answer == UNDECIDED


@pytest.mark.parametrize("seed", range(6))
def test_float32_next_to_the_zero_predictor_is_not_decided_and_float64_is(seed):
    """The head is scaled so that L(W(0)) is within 6e-8 of L(0), on either side."""
    model, generator = mlp((5, 16, 16, 3), seed=seed), torch.Generator().manual_seed(seed)
    x = torch.randn(60, 5, generator=generator)
    state, double = copied(model), mlp((5, 16, 16, 3), seed=seed).double()
    outputs = double(x.double()).detach()
    y = outputs + 0.5 * torch.randn(60, 3, generator=generator).double()
    tie = 2 * float((outputs * y).sum() / outputs.square().sum())  # g(c) = L(0) there
    side = 1 + (-1) ** seed * 5e-8
    head = scale_head({k: v.double() for k, v in state.items()}, "5", tie * side)
    end = scale_head({k: v.double() for k, v in state.items()}, "5", tie / 2)
    data = x.double(), y
    exact = assess(double, Line(head, end), data, points=5)
    assert exact.condition_2.answer == ("yes" if seed % 2 == 0 else "no")
    coarse = assess(double, Line(head, end), data, points=5, dtype=torch.float32)
    assert coarse.condition_2.answer == UNDECIDED
    with pytest.raises(ConditionError, match=r"not decided at this precision\. Use dtype=torch\.f"):
        construct(double, Line(head, end), data, points=5, dtype=torch.float32)


def test_the_limits_bound_what_rounding_of_a_float32_network_does_to_its_objective():
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        model = mlp((6, 32, 32, 32, 3), seed=seed)
        data = (
            torch.randn(40, 6, generator=generator).double(),
            torch.randn(40, 3, generator=generator).double() * 10.0 ** (seed % 5 - 2),
        )
        path = Line(copied(model), copied(mlp((6, 32, 32, 32, 3), seed=seed + 100)))
        single, double = (
            measure(model, path, data, points=5, dtype=dtype)[1]
            for dtype in (torch.float32, torch.float64)
        )
        limits = Rounding.of(single, torch.finfo(torch.float32).eps)
        errors = np.abs(single.excess(1.0) - double.excess(1.0))
        assert errors[0] < limits.initial
        assert errors[-1] < limits.final
        assert (np.abs(single.minimum_excess - double.minimum_excess) < limits.minimum).all()


def shared_offset(seed, moved, *, offset=3000.0):
    """Logits that share an offset, in float32, from a head to one that is moved a little."""
    random = np.random.default_rng(seed)
    x = torch.from_numpy(random.normal(size=(5, 8))).float()
    head = random.normal(size=(3, 8))
    bias = torch.full((3,), offset) + torch.from_numpy(random.random(3)).float()
    ends = [
        {"0.weight": torch.from_numpy(z).float(), "0.bias": bias}
        for z in (head, head + moved * random.normal(size=(3, 8)))
    ]
    labels = torch.from_numpy(random.integers(0, 3, 5))
    return nn.Sequential(nn.Linear(8, 3)), Line(*ends), (x, labels)


def log_softmax(p, y):
    return torch.logsumexp(p, 1) - p.gather(1, y[:, None])[:, 0]


def difference(p, y):
    return (p[:, 0] - p[:, 1] - y).square()


def dip(p, y):
    return (p.square() / 2 - 3 * p).sum(1)  # 0 at p = 0, and negative below


@pytest.mark.parametrize("loss", ["cross_entropy", log_softmax, difference, dip])
def test_what_rounding_of_outputs_that_cancel_can_turn_is_not_decided(loss):
    """In float32 each logit near 3000 is off by 1e-4: answers given have to be float64's."""
    answers, offset = [], 0.0 if loss is dip else 3000.0
    for seed, moved in ((seed, moved) for seed in range(8) for moved in (1e-6, 1e-4, 0.3)):
        model, line, data = shared_offset(seed, moved, offset=offset)
        coarse = assess(model, line, data, loss=loss, points=3)
        exact = assess(model, line, data, loss=loss, points=3, dtype=torch.float64)
        for one, other in zip(vars(coarse).values(), vars(exact).values(), strict=True):
            if one is not None and one.decided:
                assert one.answer == other.answer, (seed, moved, one, other)
        answers.append(coarse.final_objective.answer)
    assert set(answers) == {"yes", "no", UNDECIDED}
    assert answers[2::3].count(UNDECIDED) <= 2


@pytest.mark.parametrize("last", [1.0, 1.5])
def test_where_autograd_has_no_slope_at_a_minimum_answers_are_those_of_the_loss_by_name(last):
    """The slope of ``sqrt((p - y)^2)`` is not a number at p = y, where c* and W(1) are."""
    y = torch.tensor([[1.0], [2.0]]).double()
    problem = as_network(lambda lam: (3 + lam * (last - 3)) * y, y)
    own, named = (
        assess(*problem, loss=loss, points=5)
        for loss in (lambda p, y: (p - y).square().sqrt().sum(1), "absolute")
    )
    for one, other in zip(vars(own).values(), vars(named).values(), strict=True):
        assert one == other or one.answer == other.answer == "yes"
    construct(
        *problem, loss=lambda p, y: (p - y).square().sqrt().sum(1), profile="valley", points=5
    )


def test_an_offset_counts_by_how_much_larger_the_logits_are_than_their_differences():
    limits = []
    for offset, memory in ((0.0, None), (3000.0, None), (3000.0, 3000), (6000.0, None)):
        problem = shared_offset(1, 0.1, offset=offset)
        _, sheet = measure(*problem, loss="cross_entropy", points=5, memory=memory)
        limits.append(Rounding.of(sheet, torch.finfo(torch.float32).eps))
    plain, one, streamed, two = limits
    assert one.initial > 100 * plain.initial
    assert streamed == one
    for part in ("size", "initial", "final", "minimum"):
        assert getattr(two, part) == pytest.approx(2 * getattr(one, part), rel=1e-2)


def with_plateau(dtype, seed):
    """A first leg that only rescales the head, then one to weights trained a little."""
    model = mlp((3, 16, 16, 2), seed=seed).to(dtype)
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(seed)).to(dtype)
    y = torch.stack([x[:, 0] + x[:, 1].abs() / 2, x[:, 2] * x[:, 0]], 1)
    start, weights = copied(model), list(model.parameters())
    for _ in range(60):
        slopes = torch.autograd.grad((model(x) - y).square().sum(1).mean(), weights)
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                weight -= 0.02 * slope
    return (
        model,
        Polyline([start, scale_head(start, "5", 1.7), copied(model)], [0, 0.43, 1]),
        (x, y),
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("points", [21, np.linspace(0, 1, 30)])  # the vertex on the grid, or not
def test_where_m_is_highest_on_an_interval_the_path_crosses_at_its_end(seed, dtype, points):
    problem = with_plateau(dtype, seed)
    path = construct(*problem, profile="valley", points=points)
    check = path.certify(61, prove=False)
    assert check.holds, check.verdict
    assert path.profile.crossing >= 0.43 - 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_counts_so_large_that_the_objective_lies_far_below_zero_round_by_more(seed):
    """Predictions of a thousand: L is -5,700 and L(0) is 1, and so is what float32 makes of L."""
    rng = np.random.default_rng(seed)
    x, counts = rng.normal(size=(4, 8)).astype("f4").astype(float), rng.poisson(1000, (4, 1)) + 0.0

    def best(z):  # at c* = 1
        def slope(c):
            return float(((np.exp(c * z) - counts) * z).mean())

        return z * brentq(slope, 1e-3, 50)

    def objective(z):
        return float((np.exp(z) - counts * z).mean())

    first, other = (np.log(rng.uniform(100, 3000, (4, 1))) for _ in range(2))
    first = best(first)

    def between(t):
        return best((1 - t) * other + t * np.log(counts))

    try:  # the same objective, but for less than rounding
        last = between(brentq(lambda t: objective(between(t)) - objective(first), 0, 1))
    except ValueError:
        first, last = best(other), best(other) * (1 + 1e-9)
    ends = [torch.from_numpy((np.linalg.pinv(x) @ z).T).float() for z in (first, last)]
    true = [objective(x @ w.double().numpy().T) for w in ends]
    model, data = nn.Sequential(nn.Linear(8, 1, bias=False)), (torch.from_numpy(x).float(), counts)
    line = Line(*({"0.weight": w} for w in ends))
    found = assess(model, line, data, loss="poisson", points=3).final_objective
    assert found.answer in (UNDECIDED, "yes" if true[1] < true[0] else "no")
    assert abs(found.margin - (true[0] - true[1])) < found.rounding
    exact = assess(model, line, data, loss="poisson", points=3, dtype=torch.float64)
    assert exact.final_objective.rounding < 1e-10
