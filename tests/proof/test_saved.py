"""Every proof that is saved is verified by the program that shares no code with the prover."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, construct
from construction.errors import ConstructionError

from ..campaigns.random_proofs import random_path, verified
from ..problems import through
from ..proofs import statement_of


@pytest.mark.parametrize(
    "first", [0, 10, 20, *(pytest.param(k, marks=pytest.mark.slow) for k in (30, 40, 50))]
)
def test_every_proof_of_random_networks_is_verified(first, tmp_path):
    proved = 0
    for seed in range(first, first + 10):
        try:
            path = random_path(seed)
        except ConstructionError:
            continue
        one = verified(path, tmp_path)
        assert not one.refused, seed
        assert one.code <= (not one.proof.path_exists), seed
        proved += bool(one.proof.statements)
    assert proved > 1  # else nothing was tested


def test_a_start_at_the_minimum_over_c(tmp_path):
    path = construct(*through((0.5, 0.5), (1.0, 0.05)), profile="valley", points=21)
    assert path.best_scale[0] == path.scale[0] == 1
    one = verified(path, tmp_path)
    assert not one.refused
    assert statement_of(one.proof, "valley").intervals[0].touches == "start"


def turning(drop):
    """A head that points away from its target at first, so that c* = 0 there, and then towards it.

    The target falls by `drop` from the first knot to the next, and L(W(0)) by as little.
    """
    model = nn.Sequential(nn.Linear(1, 2, bias=False)).double()

    def state(*weight):
        return {"0.weight": torch.tensor(weight, dtype=torch.float64)[:, None]}

    data = torch.ones(1, 1).double(), torch.tensor([[1.0, 0.0]]).double()
    path = Line(state(-0.5, 0.4), state(1.0, 0.05))
    return construct(model, path, data, profile="valley", points=[0.0, drop, 0.6, 1.0])


@pytest.mark.parametrize("drop", [1e-9, 1e-3, 0.3])
def test_a_crossing_at_which_the_outputs_shrink_to_nothing(drop, tmp_path):
    path = turning(drop)
    assert path.best_scale[0] == 0
    one = verified(path, tmp_path)
    assert not one.refused
    assert not statement_of(one.proof, "valley").proved  # m = L(0) up to lambda = 1/3


def crossing_just_above_the_end(gap):
    """A right branch that ends; the path crosses at lambda = 0, where L(W(1)) = (1 - gap) m(0).

    Two samples of the class 1, whose outputs run from (10, -4) to (0.1, 0.07) k.
    """

    def loss(*margins):
        return float(np.logaddexp(0.0, -np.array(margins)).mean())

    lowest = min(loss(10 * c, -4 * c) for c in np.linspace(0.05, 0.2, 150001))
    low, high = 0.0, 50.0  # the objective at the end falls as k grows
    for _ in range(100):
        k = (low + high) / 2
        too_high = loss(0.1 * k, 0.07 * k) > lowest * (1 - gap)
        low, high = (k, high) if too_high else (low, k)
    model = nn.Sequential(nn.Linear(2, 1, bias=False)).double()

    def state(*weight):
        return {"0.weight": torch.tensor([weight], dtype=torch.float64)}

    data = torch.eye(2).double(), torch.ones(2, 1).double()
    return construct(
        model, Line(state(10.0, -4.0), state(0.1 * high, 0.07 * high)), data,
        loss="binary_cross_entropy", profile="valley", points=21,
    )  # fmt: skip


@pytest.mark.parametrize(("gap", "proved"), [(1e-3, True), (1e-9, False)])
def test_a_crossing_is_proved_where_it_is_proved_to_be_above_the_end(gap, proved, tmp_path):
    """A branch left at m(0) leads to L(W(1)) only if m(0) > L(W(1)), which rounding may hide."""
    one = verified(crossing_just_above_the_end(gap), tmp_path)
    assert not one.refused
    assert statement_of(one.proof, "valley").proved == one.proof.path_exists == proved
    assert one.code == (not proved)
