"""Steps towards minima and roots of convex functions of known formula: where they end, how many."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from torch.nn.functional import softplus

from construction.loss.loss import Along
from construction.sheet.roots import find_root, minimise

from ..prescribed_outputs import Prescribed

EPS = float(np.finfo(float).eps)
#: Units of c: all is looked for from afar on either side.
UNITS = 2.0 ** torch.arange(-24, 25, 4).double()


def parabola(x):
    return Along(1 + x * (x - 2), x * (x - 2), 2 * x - 2, torch.full_like(x, 2))


def exponential(x):
    return Along(x.exp() - 3 * x, x.expm1() - 3 * x, x.exp() - 3, x.exp())


def logistic(x):
    """One sample of three is wrong."""
    high, low = softplus(torch.stack([-x, -2 * x, 2 * x])), (torch.tensor([-1.0, -2, 2]).double())
    share = (low[:, None] * x).sigmoid()
    bend = share * (1 - share)
    value, slope = high.mean(0), (low[:, None] * share).mean(0)
    curvature = (low[:, None].square() * bend).mean(0)
    return Along(value, value - np.log(2), slope, curvature)


def kinked(x):
    """Mean of ``|x p - 1|`` for three p, of which one is negative: least at 1/2."""
    p = torch.tensor([[2.0], [0.75], [-1.0]]).double()
    value = (x * p - 1).abs().mean(0)
    slope = torch.where(x * p >= 1, p.abs(), -p)
    slope = torch.where(p < 0, p.abs(), slope).mean(0)
    return Along(value, value - 1, slope, torch.zeros_like(x))


def own(x):
    """As a user's loss: of the curvature nothing is known."""
    return logistic(x)._replace(curvature=torch.full_like(x, torch.nan))


FUNCTIONS = {one.__name__: one for one in (parabola, exponential, logistic, kinked, own)}


class Counted:
    """A function of ``x = c / unit``, and how often it was evaluated."""

    def __init__(self, function):
        self.function, self.count = function, 0

    def __call__(self, c, which):
        self.count += len(which)
        f, units = self.function(c / UNITS[which]), UNITS[which]
        return f._replace(slope=f.slope / units, curvature=f.curvature / units**2)


def at(function, x) -> Along:
    """At one x."""
    return Along(*(float(part) for part in function(torch.tensor([x], dtype=torch.float64))))


def scales(values):
    return torch.as_tensor(values, dtype=torch.float64).expand(len(UNITS)).clone()


#: Where each is least, and most evaluations of a ray towards there, from the tangent and from near.
LEAST = {
    "parabola": (1.0, 2.0, 2.0),
    "exponential": (np.log(3), 7.0, 5.2),
    "logistic": (None, 6.0, 5.2),
    "kinked": (0.5, 5.0, 10.0),
    "own": (None, 7.9, 6.7),
}


def least_of(name):
    function, (place, *_) = FUNCTIONS[name], LEAST[name]
    known = "logistic" if name == "own" else name
    return place or brentq(lambda x: at(FUNCTIONS[known], x).slope, 0, 1, xtol=1e-15), function


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_minimum_is_found_to_its_last_digits_in_few_steps(name):
    place, function = least_of(name)
    zero, lowest = at(function, 0.0), at(function, place).excess
    falling, ones = zero.slope / UNITS, scales(1.0)
    for k, guess in enumerate(((zero.value / falling).abs(), 0.99 * place * UNITS)):
        found = Counted(function)
        one = found(ones, torch.arange(len(UNITS)))
        found.count = 0
        best, low = minimise(found, falling, one, guess)
        assert (best / UNITS).tolist() == pytest.approx([place] * len(UNITS), rel=4e-8)
        assert low.tolist() == pytest.approx([lowest] * len(UNITS), abs=4 * EPS)
        assert found.count <= LEAST[name][1 + k] * len(UNITS)


#: Levels, as excess over L(0) or as shares of the least, and most evaluations of a ray, on average.
LEVELS = (3.0, 0.1, -0.02, -0.5, -0.999999)
MOST = {
    "parabola": (8.1, 8.5),
    "exponential": (12.3, 6.5),
    "logistic": (6.8, 6.7),
    "kinked": (3.7, 7.2),
    "own": (7.2, 6.9),
}


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_root_is_found_to_its_last_digits_in_few_steps(name, right):
    place, function = least_of(name)
    zero, lowest = at(function, 0.0).value, at(function, place).excess
    asked = [level if level > 0 else -level * lowest for level in LEVELS]
    counts = []
    for excess in [one for one in asked if right or one < 0]:
        for start in (scales(1.0), 8 * UNITS, 0.1 * UNITS):
            evaluate = Counted(function)
            roots, count = find_root(evaluate, scales(excess), zero, start, scales(right) > 0)
            x = roots / UNITS
            assert ((x > place) if right else (x < place)).all()
            f = function(x)
            miss = torch.minimum((f.excess - excess).abs(), (f.value - zero - excess).abs())
            assert (miss <= 4 * EPS * (zero + abs(excess) + (f.slope * x).abs())).all()
            assert count == evaluate.count
            counts.append(count / len(UNITS))
    assert np.mean(counts) <= MOST[name][0 if right else 1]


@pytest.mark.parametrize("excess", [1e-3, 1e-8, 1e-13])
def test_roots_next_to_the_zero_predictor_keep_all_digits_of_the_excess(excess):
    """Where ``x (x - 2) = -e`` to the left, and ``= e`` to the right."""
    left, right = (
        find_root(Counted(parabola), scales(e), 1.0, 0.1 * UNITS, scales(e > 0) > 0)[0] / UNITS
        for e in (-excess, excess)
    )
    below = excess / (1 + np.sqrt(1 - excess))
    assert left.tolist() == pytest.approx([below] * len(UNITS), rel=8 * EPS)
    above = excess / (1 + np.sqrt(1 + excess))
    assert (right - 2).tolist() == pytest.approx([above] * len(UNITS), rel=8 * EPS, abs=4 * EPS)


def rests(x):
    """Mean of ``|x - 1|`` and ``|x - 4|``."""
    slope = (torch.where(x < 1, -1.0, 1.0) + torch.where(x < 4, -1.0, 1.0)).double() / 2
    value = ((x - 1).abs() + (x - 4).abs()) / 2
    return Along(value, value - 2.5, slope, torch.zeros_like(x))


def test_a_minimum_that_rests_on_an_interval_takes_few_steps():
    found, ones = Counted(rests), scales(1.0)
    first = found(ones, torch.arange(len(UNITS)))
    found.count = 0
    best, low = minimise(found, -1 / UNITS, first, 2.5 * UNITS)
    x = best / UNITS
    assert low.tolist() == [-1.0] * len(UNITS)
    assert ((x >= 1 - EPS) & (x <= 4)).all()
    assert found.count <= 5 * len(UNITS)


@pytest.mark.parametrize(
    ("start", "right", "end"),
    [(0.9, False, 1), (0.1, False, 1), (2.5, False, 1), (0.9, True, 4), (8, True, 4)],
)
def test_from_beyond_its_root_is_the_end_of_the_interval_on_that_side(start, right, end):
    side = scales(right) > 0
    roots, count = find_root(Counted(rests), scales(-1.0), 2.5, start * UNITS, side)
    assert (roots / UNITS).tolist() == pytest.approx([end] * len(UNITS), rel=4 * EPS)
    assert count <= 4 * len(UNITS)


@pytest.mark.parametrize("outputs", [[2.0, 0.5, 0.0], [3.0, 1.0, -0.0], [8.0, 0.25, 0.0]])
def test_a_hinge_that_rests_above_zero_has_its_last_kink_as_its_first_best_scale(outputs):
    # the sample of output 0 costs 1 at any scale, and the others nothing from 1 / output on
    x = torch.tensor(outputs, dtype=torch.float64)[:, None]
    sheet = Prescribed(lambda lam: x, torch.ones(3, 1), "hinge").sheet([0.0])
    assert sheet.best_scale.tolist() == pytest.approx([1 / min(one for one in outputs if one > 0)])
    assert sheet.minimum.tolist() == pytest.approx([1 / 3])
    assert sheet.flat.tolist() == [True]
