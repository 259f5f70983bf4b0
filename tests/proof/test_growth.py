"""Condition 1 by one witness sample an interval."""

import numpy as np
import pytest
import torch
from torch import nn

from construction import Line, Polyline, construct
from construction.errors import ConditionError, ProofError
from construction.forward.forward import Forward
from construction.loss.catalogue import LOSSES, as_loss
from construction.loss.custom import Custom
from construction.proof.bounds import BoundedNetwork
from construction.proof.growth import prove_growth, witnesses
from construction.proof.prover import prove

from ..problems import right_start
from ..proofs import outputs_and_targets, passing_zero, separated, statement_of


def test_a_path_through_zero_outputs_is_not_proved_there():
    model, path, data = passing_zero()
    statement = prove_growth(BoundedNetwork(construct(model, path, data, points=[0, 1]).forward))
    assert not statement.proved
    ((start, stop),) = statement.open
    assert start < 0.75 < stop
    assert stop - start < 1e-3
    assert statement.verdict.startswith("proved on [0, 1] but for [0.7")


def test_where_everything_is_classified_correctly_condition_1_is_not_proved():
    path = separated()
    statement = statement_of(prove(path), "condition 1")
    without = path.lam[~path.sheet.rises]
    ((start, stop),) = statement.open
    assert without[0] - 1 / 40 <= start <= without[0]
    assert stop == 1.0


def test_a_polyline_is_proved_segment_by_segment():
    problem = right_start()
    first, last = problem.path.states
    bend = {name: 0.5 * (value + last[name]) + 0.3 for name, value in first.items()}
    path = Polyline([first, bend, last], [0.0, 0.4, 1.0])
    statement = statement_of(
        prove(construct(problem.model, path, problem.data, points=21)), "condition 1"
    )
    assert statement.proved
    assert 0.4 in {interval.stop for interval in statement.intervals}


def test_a_segment_without_a_number_between_its_ends_is_one_interval():
    model, path, data = passing_zero()
    stop = float(np.nextafter(0.75, 1.0))
    first, last = path.states
    states = [first, path(0.75), path(0.75), last]  # outputs of zero at both, and in between
    held = Polyline(states, [0.0, 0.75, stop, 1.0])
    constructed = construct(model, held, data, points=[0, 1])
    statement = prove_growth(BoundedNetwork(constructed.forward))
    assert [i.start for i in statement.intervals] == sorted({i.start for i in statement.intervals})
    assert (0.75, stop) in [(i.start, i.stop) for i in statement.intervals if not i.proved]


def test_weights_that_vanish_in_float32_prove_nothing_false():
    """Through two ReLUs the product of both weights bends by 1e37 * 1e-46 * 1e10 at its middle."""
    layers = [nn.Linear(1, 1, bias=False), nn.ReLU(), nn.Linear(1, 1, bias=False), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(1, 1)).double()

    def state(first, second, bias):
        values = {"0.weight": first, "2.weight": second, "4.weight": -1e10}
        weights = {k: torch.tensor([[v]], dtype=torch.float64) for k, v in values.items()}
        return weights | {"4.bias": torch.tensor([bias], dtype=torch.float64)}

    path = Line(state(0.0, 1e-46, 1.0), state(1e37, 0.0, 0.5))
    data = torch.ones(1, 1).double(), torch.full((1, 1), 0.1).double()
    assert not prove_growth(BoundedNetwork(Forward(model, path, data))).proved
    with pytest.raises(ConditionError, match=r"at lambda = 0.10.* not decided at this precision"):
        construct(model, path, data, points=12)  # the output passes zero between two lambdas


@pytest.mark.parametrize("name", LOSSES)
def test_a_witness_makes_the_loss_grow(name):
    loss = as_loss(name)
    outputs, raw, targets = outputs_and_targets(loss)
    best = witnesses(loss, outputs, targets)
    for k in range(len(outputs)):
        one = slice(k, k + 1)
        rays, beside = loss.rays(outputs[one], loss.targets(raw[one], outputs[one]))
        assert (float(loss.growth(rays[None], beside)) > 0) == (float(best.value[k]) > 0)


def test_a_loss_of_the_users_own_is_refused():
    outputs = torch.zeros(2, 3)
    with pytest.raises(ProofError, match="of which only values are known"):
        witnesses(Custom(lambda p, y: ((p - y) ** 4).sum(1)), outputs, outputs)
