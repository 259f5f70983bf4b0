from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from construction.errors import ConditionError, InputError, WeightsError
from construction.forward.forward import Forward
from construction.loss.catalogue import LOSSES
from construction.network.networks import mlp, resnet
from construction.path.paths import Bezier, Line
from construction.search.bending import Bending, bend
from construction.theorem.construct import construct, measure

from ..problems import State, copied, plane, vector

Data = tuple[Tensor, Tensor]


@cache
def trained_apart(dtype: torch.dtype = torch.float64) -> tuple[nn.Module, State, State, Data]:
    """Two networks of different seeds, the second the better, and their data."""
    generator = torch.Generator().manual_seed(5)
    inputs = torch.randn(60, 4, generator=generator).to(dtype)
    labels = (inputs[:, 0] * inputs[:, 1] > 0).long() + 2 * (inputs[:, 2] > 0).long()
    targets = nn.functional.one_hot(labels, 4).to(dtype)
    ends = []
    for seed, steps in ((7, 200), (2, 150)):
        model = mlp((4, 12, 12, 4), seed=seed).to(dtype)
        adam = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(steps):
            adam.zero_grad()
            (model(inputs) - targets).square().sum(1).mean().backward()
            adam.step()
        ends.append(copied(model))
    return model, *ends, (inputs, labels)


def minima(model: nn.Module, path, data: Data, points: int = 201) -> np.ndarray:
    """The squared loss at the best scale, found by least squares on the network's outputs."""
    inputs, labels = data
    y = np.eye(4)[labels.numpy()].ravel()
    found = []
    for lam in np.linspace(0, 1, points):
        with torch.no_grad():
            outputs = torch.func.functional_call(model, path(lam), (inputs,))
        rays = outputs.double().numpy().reshape(-1, 1)
        c = max(np.linalg.lstsq(rays, y)[0][0], 0.0)
        found.append(np.square(c * rays[:, 0] - y).sum() / len(inputs))
    return np.array(found)


def test_the_barrier_between_two_trained_networks_falls_away():
    model, initial, final, data = trained_apart()
    line = minima(model, Line(initial, final), data)
    assert line.max() > 5 * max(line[0], line[-1])
    curve = bend(model, initial, final, data, steps=100, rate=0.03)
    bent = minima(model, curve, data)
    assert bent.max() < 0.3 * line.max()
    assert (bent[0], bent[-1]) == (line[0], line[-1])


def test_a_path_is_found_on_the_curve_where_the_line_has_none():
    model, initial, final, data = trained_apart()
    with pytest.raises(ConditionError, match="trained Bezier curve"):
        construct(model, Line(initial, final), data, profile="valley", points=41)
    curve = bend(model, initial, final, data, steps=200, control_points=2, rate=0.02)
    path = construct(model, curve, data, profile="valley", points=41)
    assert path.certify(points=51).holds


@pytest.mark.parametrize("name", LOSSES)
def test_the_minimum_of_every_loss_is_lowered(name):
    model, initial, final, (inputs, labels) = trained_apart()
    classes = name in ("cross_entropy", "label_smoothing")
    data = (inputs, labels if classes else nn.functional.one_hot(labels, 4).double())

    def along(path) -> np.ndarray:
        return measure(model, path, data, loss=name, points=21)[1].minimum

    line = along(Line(initial, final))
    bent = along(bend(model, initial, final, data, loss=name, steps=15, rate=0.03, lambdas=6))
    # a wide plateau at L(0) is narrowed before it falls
    assert (bent.max(), bent.mean()) < (line.max(), line.mean())


def test_a_loss_of_the_users_is_lowered_too():
    model, initial, final, (inputs, labels) = trained_apart()
    data = (inputs, nn.functional.one_hot(labels, 4).double())

    def fourth(p: Tensor, y: Tensor) -> Tensor:
        return (p - y).pow(4).sum(1)

    def highest(path) -> float:
        return measure(model, path, data, loss=fourth, points=11)[1].minimum.max()

    curve = bend(model, initial, final, data, loss=fourth, steps=15, rate=0.03)
    assert highest(curve) < highest(Line(initial, final))


def test_a_loss_that_is_not_convex_is_refused():
    model, initial, final, (inputs, labels) = trained_apart()
    data = (inputs, nn.functional.one_hot(labels, 4).double())
    with pytest.raises(InputError, match="a loss that is convex in the prediction"):
        bend(model, initial, final, data, loss=lambda p, y: (p - y).abs().sqrt().sum(1))


# --- the gradient --------------------------------------------------------------------------------


@pytest.mark.parametrize("lam", [0.2, 0.5, 0.9])
def test_the_gradient_is_that_of_the_minimum_over_c(lam):
    model, initial, final, (inputs, labels) = trained_apart()
    curve = Bending(Forward(model, Line(initial, final), (inputs, labels)), 1)
    curve.differentiate(inputs, labels, [lam])
    y = nn.functional.one_hot(labels, 4).double()
    leaves = {n: w.detach().requires_grad_() for n, w in curve.curve.states[1].items()}
    state = Bezier([initial, leaves, final])(lam)
    outputs = torch.func.functional_call(model, state, (inputs,))
    a, b = outputs.square().sum(1).mean(), (outputs * y).sum(1).mean()
    assert b > 0
    (1 - b.square() / a).backward()
    for weight, (name, leaf) in zip(curve.trained, leaves.items(), strict=True):
        torch.testing.assert_close(weight.grad, leaf.grad, msg=name)


def test_the_highest_of_several_lambdas_count():
    model, initial, final, data = trained_apart()
    curve = Bending(Forward(model, Line(initial, final), data), 1)

    def gradient(*lams: float) -> Tensor:
        for weight in curve.trained:
            weight.grad = None
        curve.differentiate(*data, list(lams))
        return curve.trained[0].grad

    torch.testing.assert_close(gradient(0.0, 0.5, 1.0), gradient(0.5), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(gradient(0.5, 0.5), gradient(0.5))


def test_where_the_best_scale_is_zero_a_positive_one_is_found():
    problem = plane(None)
    ends = vector([-1.0, 0.5]), vector([-1.0, 0.2])
    curve = bend(problem.model, *ends, problem.data, steps=80, rate=0.2)
    _, sheet = measure(problem.model, curve, problem.data, points=11)
    assert sheet.best_scale[0] == 0
    assert sheet.best_scale[5] > 0
    assert sheet.minimum[5] < 0.1


# --- what stays and what is refused --------------------------------------------------------------


def bits(state: State) -> list[bytes]:
    return [value.detach().numpy().tobytes() for value in state.values()]


@pytest.mark.parametrize("choice", ["interpolate", "recompute"])
def test_nothing_of_the_users_changes_and_the_same_seed_gives_the_same_bits(choice):
    model = resnet(8, width=2).train()
    initial, final = (copied(resnet(8, width=2, seed=seed)) for seed in (1, 2))
    initial["1.num_batches_tracked"] += 3
    data = (torch.randn(12, 3, 8, 8), torch.arange(12) % 10)
    torch.manual_seed(4)
    before = [bits(s) for s in (model.state_dict(), initial, final)], torch.get_rng_state()
    given = {"steps": 2, "batch_size": 5, "batch_norm": choice}
    first, again, other = (
        bend(model, initial, final, data, seed=seed, **given) for seed in (0, 0, 1)
    )
    assert before[0] == [bits(s) for s in (model.state_dict(), initial, final)]
    assert torch.equal(before[1], torch.get_rng_state())
    assert model.training
    assert all(weight.requires_grad and weight.grad is None for weight in model.parameters())
    assert bits(first(0.5)) == bits(again(0.5)) != bits(other(0.5))
    assert (bits(first(0)), bits(first(1))) == (bits(initial), bits(final))
    assert not any(value.requires_grad for value in first.states[1].values())


def test_tied_weights_stay_tied_along_the_curve():
    layer = nn.Linear(4, 4)
    model = nn.Sequential(layer, nn.Tanh(), layer, nn.Tanh(), nn.Linear(4, 1))
    initial = copied(model)
    final = {name: value + 0.5 for name, value in initial.items()}
    curve = bend(model, initial, final, (torch.randn(9, 4), torch.randn(9, 1)), steps=3)
    assert torch.equal(curve.states[1]["0.weight"], curve.states[1]["2.weight"])
    assert not torch.equal(curve(0.5)["0.weight"], Line(initial, final)(0.5)["0.weight"])


def test_a_loader_that_is_read_anew_brings_its_own_batches():
    model, initial, final, data = trained_apart()
    loader = DataLoader(TensorDataset(*data), batch_size=20)
    curve = bend(model, initial, final, loader, steps=40, rate=0.03, memory=100_000)
    assert minima(model, curve, data).max() < minima(model, Line(initial, final), data).max()


def test_a_curve_trained_in_float64_comes_back_in_the_type_of_the_weights():
    model, initial, final, data = trained_apart(torch.float32)
    curve = bend(model, initial, final, data, steps=1, dtype=torch.float64)
    assert {value.dtype for value in curve.states[1].values()} == {torch.float32}


def test_the_curve_lies_on_the_device_of_the_weights(device):
    model, *ends, data = trained_apart()
    initial, final = ({name: value.to(device) for name, value in end.items()} for end in ends)
    curve = bend(model, initial, final, data, steps=2)
    assert {value.device.type for value in curve(0.5).values()} == {device}


@pytest.mark.parametrize("name", ["control_points", "steps", "batch_size", "lambdas"])
@pytest.mark.parametrize("count", [0, 2.5, "3"])
def test_counts_that_are_not_whole_numbers_from_one_on_are_refused(name, count):
    model, initial, final, data = trained_apart()
    kind = "at least 1" if count == 0 else "a whole number of"
    what = name.replace("control_", "control ").removesuffix("s")
    with pytest.raises(InputError, match=rf"{kind} {what}.*; found {count!r}\. Give a whole"):
        bend(model, initial, final, data, **{name: count})


@pytest.mark.parametrize("rate", [0.0, -0.1, float("nan")])
def test_a_rate_that_is_not_positive_is_refused(rate):
    model, initial, final, data = trained_apart()
    with pytest.raises(InputError, match=rf"a rate above 0; found {rate}\. 0\.01 is a good one"):
        bend(model, initial, final, data, rate=rate)


def test_a_training_that_diverges_is_refused():
    model, initial, final, data = trained_apart(torch.float32)
    with pytest.raises(WeightsError, match=r"while the curve is trained.*Lower the rate, now 1e\+"):
        bend(model, initial, final, data, rate=1e30)
