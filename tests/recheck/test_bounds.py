"""That bounds of a network between two lambdas hold, for every layer and in both arithmetics."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, construct
from construction.proof.prover import save_proof
from construction.recheck.balls import Balls
from construction.recheck.content import File
from construction.recheck.floats import Floats
from construction.recheck.network import Enclosure, Network

from ..problems import copied
from ..proofs import Written

LINES = 9
NETWORKS = {
    "dilation and groups": lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=(1, 2), padding=2, dilation=(1, 2), groups=2), nn.ReLU(),
        nn.Conv2d(4, 6, (1, 3), groups=2, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3),
    ),
    "leaky": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(72, 8), nn.LeakyReLU(0.2), nn.Linear(8, 5), nn.LeakyReLU(0.01),
        nn.Linear(5, 3),
    ),
    "maxima": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1), nn.Flatten(),
        nn.Linear(12, 3),
    ),
    "averages": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.LeakyReLU(0.5), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(3, 3),
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=[*NETWORKS, "written"])
def saved(request, tmp_path_factory):
    """A proof about a network, the network and the ends of its path."""
    make = NETWORKS.get(request.param, Written)
    shape = (1, 8, 8) if request.param == "written" else (2, 6, 6)
    states = []
    for seed in (0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = make().double()
        states.append(copied(model))
    for name in list(states[1])[-2:]:  # of the last layer
        states[1][name] *= 0.1
    inputs = torch.randn(4, *shape, generator=torch.Generator().manual_seed(5)).double()
    wanted = torch.as_tensor(0.1 * at(model.eval(), states, inputs, 0.0))
    path = construct(model, Line(*states), (inputs, wanted), points=5, profile="even")
    file = tmp_path_factory.mktemp("bounds") / "proof.npz"
    save_proof(path, file)
    return File(str(file)), model, states


def at(model, states, inputs, lam):
    first, last = states
    weights = {name: (1 - lam) * first[name] + lam * last[name] for name in first}
    with torch.no_grad():
        return torch.func.functional_call(model, weights, (torch.as_tensor(inputs),)).numpy()


def enclosed(numbers, file, lams, anchored):
    parts = Network(file, numbers).between(file.inputs, lams, anchored=anchored)[:3]
    return tuple(part.astype(float) for part in parts)


@pytest.mark.parametrize("numbers", [Floats(), Balls()])
@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("lams", [(0.0, 1.0), (0.3, 0.45), (0.7, 0.69), (1.0, 0.5)])
def test_outputs_stay_within_the_radius(numbers, anchored, lams, saved):
    file, model, states = saved
    left, right, radius = enclosed(numbers, file, lams, anchored)
    assert (radius >= 0).all()
    for t in np.linspace(0, 1, LINES):
        here = at(model, states, file.inputs, (1 - t) * lams[0] + t * lams[1])
        off = np.abs(here - (1 - t) * left - t * right)
        assert (off <= (t if anchored else 1) * radius + 1e-12 * np.abs(here).max()).all()


def test_both_arithmetics_give_the_same_bounds(saved):
    both = (enclosed(numbers, saved[0], (0.2, 0.5), False) for numbers in (Floats(), Balls()))
    for ours, theirs in zip(*both, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_nothing_is_known_of_sums_that_may_have_overflowed():
    huge, weight = np.full((1, 3), 1e200), np.array([[-1e108, -1e108, 1e108], [1.0, 1.0, 1.0]])
    h = Enclosure(huge, huge, np.zeros((1, 3)), None)
    with np.errstate(over="ignore"):
        rounding, _ = Floats().lost_in_product(h, [weight, weight], [weight, weight], [])
    assert list(np.isinf(rounding[0])) == [True, False]
