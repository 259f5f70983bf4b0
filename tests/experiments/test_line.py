"""Objective and metrics along a line and beyond, beside the network run by hand."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from torch.optim.swa_utils import update_bn

from construction import interpolate, surface
from construction.errors import InputError
from construction.experiments.line import along_line, error
from construction.loss.classification import CrossEntropy
from construction.loss.regression import Squared
from construction.network.networks import lenet, lstm, mlp

from ..problems import moments

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
    found = along_line(model, start, stop, data, loss=loss, points=3, farthest=2.0)
    assert found.alpha.tolist() == [0, 0.5, 1, 1.5, 2]
    for k, alpha in enumerate(found.alpha):
        outputs = by_hand(model, start, stop, data, alpha)
        if loss.name == "squared":
            wanted = (outputs - one_hot(data[1], 10)).square().sum(1).mean()
        else:
            wanted = cross_entropy(outputs, data[1])
        assert found.train["objective"][k] == pytest.approx(float(wanted), rel=1e-5)
        wrong = float((outputs.argmax(1) != data[1]).double().mean())
        assert found.train["error"][k] == pytest.approx(wrong, abs=1.1 / 30)
    assert found.sheet.value(1.0) == pytest.approx(found.train["objective"][:3], rel=1e-12)


def test_the_given_weights_are_met():
    build, shape = NETWORKS["relu"]
    data, (start, stop) = some(shape), (build(seed).state_dict() for seed in (1, 2))
    far = along_line(build(0), start, stop, data, points=4, farthest=3.0)
    back = along_line(build(0), stop, start, data, points=2)
    both = far.train["objective"][[0, 3]]
    assert both == pytest.approx(back.train["objective"][::-1], rel=1e-6)
    assert 1.0 in far.alpha


def test_the_weights_go_on_as_far_as_asked_and_counters_stay():
    start, stop = counted().state_dict(), counted().state_dict()
    data = some((12,))
    far = along_line(counted(), start, stop, data, points=3, farthest=1.5)
    mixed = {name: 1.5 * stop[name] - 0.5 * start[name] for name in ("1.weight", "1.bias")}
    there = along_line(counted(), stop, {**stop, **mixed}, data, points=2)
    assert far.train["objective"][-1] == pytest.approx(there.train["objective"][-1], rel=1e-6)


def test_without_points_beyond_the_line_ends_at_one():
    build, shape = NETWORKS["relu"]
    start, stop = (build(seed).state_dict() for seed in (1, 2))
    found = along_line(build(0), start, stop, some(shape), points=3)
    assert found.alpha.tolist() == found.sheet.lam.tolist() == [0, 0.5, 1]
    half = found.sheet.a[1], found.sheet.b[1], found.sheet.d
    assert moments(found.forward, 0.5) == pytest.approx(half)
    assert found.test == {}


def normalised():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(12, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 10)).double()


def two_states():
    """Of a network with batch norm, after a batch each."""
    states = []
    for seed in (1, 2):
        model = normalised().train()
        with torch.no_grad():
            for weight in model.parameters():
                weight += torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed))
            model(torch.randn(40, 12).double())
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    return states


def test_recomputed_statistics_of_the_test_are_those_of_the_training_data():
    (start, stop), (x, y), (test_x, test_y) = two_states(), some((12,), 50), some((12,), 20)
    x, test_x = x.double(), test_x.double() + 1
    found = along_line(
        normalised(), start, stop, (x, y), test=(test_x, test_y), treatment="recompute", points=3
    )
    for k, alpha in enumerate(found.alpha):
        model = normalised()
        model.load_state_dict({n: v + alpha * (stop[n] - v) for n, v in start.items()})
        update_bn([x], model)
        with torch.no_grad():
            wanted = (model.eval()(test_x) - one_hot(test_y, 10)).square().sum(1).mean()
        assert found.test["objective"][k] == pytest.approx(float(wanted), rel=1e-12)


def test_an_interpolated_variance_that_would_be_negative_is_told():
    start, stop = two_states()
    stop = {**stop, "1.running_var": start["1.running_var"] / 3}
    line = {"treatment": "interpolate", "points": 3}
    with pytest.raises(InputError, match=r"above 0 up to alpha = 2; found -.*'1.running_var'"):
        along_line(normalised(), start, stop, some((12,)), farthest=2.0, **line)
    assert len(along_line(normalised(), start, stop, some((12,)), **line).alpha) == 3


def test_an_unknown_treatment_is_told():
    start, stop = two_states()
    with pytest.raises(InputError, match=r"'recompute', 'batch', 'none'; found 'keep'"):
        along_line(normalised(), start, stop, some((12,)), treatment="keep")


def test_a_metric_that_averages_is_told():
    build, shape = NETWORKS["relu"]
    state = build(1).state_dict()
    metrics = {"mean": lambda outputs, targets: outputs.mean()}
    with pytest.raises(
        InputError, match=r"'mean' that returns one value a sample, \(30,\); found \(\)"
    ):
        along_line(build(0), state, build(2).state_dict(), some(shape), metrics=metrics)


@pytest.mark.parametrize("returned", [3.0, None, np.zeros(30)])
def test_a_metric_that_returns_no_tensor_is_told(returned):
    build, shape = NETWORKS["relu"]
    ends, metrics = (build(k).state_dict() for k in (1, 2)), {"own": lambda p, y: returned}
    kind = type(returned).__name__
    found = rf"'own' that returns one value a sample, \(30,\); found {kind}\. Sum over"
    with pytest.raises(InputError, match=found):
        along_line(build(0), *ends, some(shape), metrics=metrics)


@pytest.mark.parametrize(
    "metrics",
    [{name: error} for name in ("objective", "s", "t", "a/b", 3)] + [{"a": 3}, [error], [], error],
    ids=lambda metrics: f"{metrics!r:.14}",
)
def test_metrics_that_are_no_functions_by_names_of_their_own_are_told(metrics):
    build, shape = NETWORKS["relu"]
    model, start, data = build(0), build(1).state_dict(), some(shape)
    words = (
        r"metrics as functions by name, without '/' and none called as one of \('objective', 's', "
        rf"'t'\); found {re.escape(f'{metrics!r:.80}')}\. Pass metrics={{'name': function}}\."
    )
    for told in (along_line, interpolate):
        with pytest.raises(InputError, match=words):
            told(model, start, build(2).state_dict(), data, metrics=metrics)
    with pytest.raises(InputError, match=words):
        surface(model, start, data, metrics=metrics)


def test_metrics_may_be_none_at_all():
    build, shape = NETWORKS["relu"]
    ends = (build(k).state_dict() for k in (1, 2))
    found = along_line(build(0), *ends, some(shape), points=3, metrics={})
    assert list(found.train) == ["objective"]


@pytest.mark.parametrize("ignored", [-100, 1])
def test_samples_of_an_ignored_label_are_no_errors(ignored):
    """By hand: the outputs are the inputs, scaled by 1 to 3, so that input k is of class k."""
    model, inputs = nn.Linear(3, 3, bias=False), torch.eye(3)[[0, 2, 0, 2, 1, 1]]
    start, stop = ({"weight": c * torch.eye(3)} for c in (1.0, 2.0))
    labels = torch.tensor([0, 2, 2, 2, ignored, ignored])  # the third alone is wrong: 1 of 4
    found = along_line(
        model,
        start,
        stop,
        (inputs, labels),
        test=(inputs[3:], labels[3:]),  # one that counts, and it is right
        loss=CrossEntropy(ignore_index=ignored),
        metrics={"error": error, "index": lambda p, y: y.double()},  # the latter is 0 + 2 + 2 + 2
        points=3,
        farthest=2.0,
        memory=1,
    )
    assert found.train["error"].tolist() == [0.25] * 5
    assert found.train["index"].tolist() == [1.5] * 5
    assert found.test["error"].tolist() == [0.0] * 5
    weights = torch.tensor([1.0, 1.5, 2.0, 2.5, 3.0])
    wanted = [cross_entropy(c * inputs[:4], labels[:4]).item() for c in weights]
    assert found.train["objective"] == pytest.approx(wanted, rel=1e-6)
