"""Objective and error along a line and beyond, beside the network run by hand."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from construction.experiments.interpolation.measure import interpolate
from construction.loss.classification import CrossEntropy
from construction.loss.regression import Squared
from construction.network.networks import lenet, lstm, mlp

NETWORKS = {
    "relu": (lambda seed: mlp((12, 8, 10), seed=seed), (12,)),
    "maxout": (lambda seed: mlp((12, 8, 10), activation="maxout", seed=seed), (12,)),
    "linear": (lambda seed: mlp((12, 8, 8, 10), activation="none", seed=seed), (12,)),
    "lenet": (lambda seed: lenet(size=12, widths=(2, 3, 8, 8), seed=seed), (1, 12, 12)),
    "lstm": (lambda seed: lstm(4, 6, seed=seed), (5, 4)),
}


def counted() -> nn.Module:
    """A linear layer, and an entry that is no floating-point number."""
    first = nn.Flatten()
    first.register_buffer("steps", torch.tensor(3))
    return nn.Sequential(first, nn.Linear(12, 10))


def some(shape, samples=30):
    random = torch.Generator().manual_seed(0)
    inputs = torch.randn(samples, *shape, generator=random)
    return inputs, torch.randint(10, (samples,), generator=random)


def by_hand(model, start, stop, data, alpha):
    """Outputs at one alpha, the weights mixed in float64."""
    mixed = {
        name: ((1 - alpha) * start[name].double() + alpha * value.double()).to(value.dtype)
        for name, value in stop.items()
    }
    with torch.no_grad():
        return torch.func.functional_call(model.eval(), mixed, data[0])


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("loss", [Squared(), CrossEntropy()], ids=lambda loss: loss.name)
def test_objective_and_error_are_those_of_the_network_run_by_hand(name, loss):
    build, shape = NETWORKS[name]
    data, (start, stop) = some(shape), (build(seed).state_dict() for seed in (1, 2))
    model = build(0)
    found = interpolate(model, start, stop, data, loss=loss, points=3, farthest=2.0)
    assert found.alpha.tolist() == [0, 0.5, 1, 1.5, 2]
    for k, alpha in enumerate(found.alpha):
        outputs = by_hand(model, start, stop, data, alpha)
        if loss.name == "squared":
            wanted = (outputs - one_hot(data[1], 10)).square().sum(1).mean()
        else:
            wanted = cross_entropy(outputs, data[1])
        assert found.objective[k] == pytest.approx(float(wanted), rel=1e-5)
        wrong = float((outputs.argmax(1) != data[1]).double().mean())
        assert found.error[k] == pytest.approx(wrong, abs=1.1 / 30)  # a tie of rounded outputs
    assert found.sheet.value(1.0) == pytest.approx(found.objective[:3], rel=1e-12)


def test_the_given_weights_are_met_to_the_bit():
    build, shape = NETWORKS["relu"]
    data, (start, stop) = some(shape), (build(seed).state_dict() for seed in (1, 2))
    far = interpolate(build(0), start, stop, data, loss=Squared(), points=4, farthest=3.0)
    back = interpolate(build(0), stop, start, data, loss=Squared(), points=2)
    assert far.objective[[0, 3]].tolist() == back.objective[::-1].tolist()
    assert 1.0 in far.alpha


def test_the_weights_go_on_as_far_as_asked_and_counters_stay():
    start, stop = counted().state_dict(), counted().state_dict()
    data = some((12,))
    far = interpolate(counted(), start, stop, data, loss=Squared(), points=3, farthest=1.5)
    mixed = {name: 1.5 * stop[name] - 0.5 * start[name] for name in ("1.weight", "1.bias")}
    end = {**stop, **mixed}
    there = interpolate(counted(), stop, end, data, loss=Squared(), points=2)
    assert far.objective[-1] == pytest.approx(there.objective[-1], rel=1e-6)


def test_without_points_beyond_the_line_ends_at_one():
    build, shape = NETWORKS["relu"]
    start, stop = (build(seed).state_dict() for seed in (1, 2))
    found = interpolate(build(0), start, stop, some(shape), loss=Squared(), points=3)
    assert found.alpha.tolist() == found.sheet.lam.tolist() == [0, 0.5, 1]
    assert found.forward.moments(0.5).numpy() == pytest.approx(
        np.array([found.sheet.a[1], found.sheet.b[1], found.sheet.d])
    )
