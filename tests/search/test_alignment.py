import itertools
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from construction.errors import InputError, WeightsError
from construction.network.networks import lenet, mlp, resnet
from construction.path.paths import Line
from construction.search.alignment import aligned, permuted, unit_axes
from construction.theorem.construct import measure

from ..problems import State, copied, trained


def normalised() -> nn.Module:
    """Batch norm on maps and on units, inputs normalised too, sequences in a sequence."""
    layers = [nn.BatchNorm2d(3), nn.Conv2d(3, 5, 3, 2, bias=False), nn.BatchNorm2d(5), nn.Tanh()]
    head = nn.Sequential(nn.Linear(20, 6), nn.BatchNorm1d(6), nn.Sigmoid(), nn.Linear(6, 2))
    return nn.Sequential(nn.Sequential(*layers), nn.AvgPool2d(2, padding=1), nn.Flatten(), head)


#: Networks, and the shape of their inputs.
NETWORKS = {
    "mlp": (lambda: mlp((6, 9, 8, 3)), (6,)),
    "lenet": (lambda: lenet(1, 12, widths=(3, 4, 7, 6)), (1, 12, 12)),
    "batch norm": (normalised, (3, 8, 8)),
}


@cache
def network(name: str) -> tuple[nn.Module, Tensor]:
    """In float64 with positive biases, so that no unit is dead, and inputs."""
    make, shape = NETWORKS[name]
    generator = torch.Generator().manual_seed(3)
    model = make().double().eval()
    with torch.no_grad():
        for entry, value in model.state_dict().items():
            if value.ndim == 1:
                low, high = (-0.1, 0.1) if "mean" in entry else (0.5, 1.5)
                value.uniform_(low, high, generator=generator)
            elif value.ndim:
                value *= 0.3
    return model, torch.randn(30, *shape, dtype=torch.float64, generator=generator)


def outputs(model: nn.Module, state: State, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.func.functional_call(model, state, (inputs,))


def shuffled(model: nn.Module, state: State, seed: int = 1) -> State:
    generator = torch.Generator().manual_seed(seed)
    axes = unit_axes(model)
    units = {axis.layer: axis.units for axis in axes}
    orders = {k: torch.randperm(n, generator=generator) for k, n in units.items()}
    return permuted(state, axes, orders)


def product(first: State, second: State) -> float:
    return sum(float((first[name] * second[name]).sum()) for name in first)


every = pytest.mark.parametrize("name", NETWORKS)


# --- the symmetry --------------------------------------------------------------------------------


@every
@pytest.mark.parametrize("seed", range(3))
def test_permuted_units_compute_the_same_function(name, seed):
    model, inputs = network(name)
    state = copied(model)
    moved = shuffled(model, state, seed)
    assert any(not torch.equal(state[entry], moved[entry]) for entry in state)
    assert list(moved) == list(state)
    torch.testing.assert_close(outputs(model, moved, inputs), outputs(model, state, inputs))


def test_inputs_and_outputs_are_not_permuted():
    assert not unit_axes(nn.Linear(3, 2))
    names = {axis[:2] for axis in unit_axes(mlp((6, 9, 3)))}
    assert names == {("1.weight", 0), ("1.bias", 0), ("3.weight", 1)}


# --- matching ------------------------------------------------------------------------------------


@every
def test_a_permuted_copy_is_found_again_exactly(name):
    model, _ = network(name)
    state = copied(model)
    found = aligned(model, state, shuffled(model, state))
    assert all(torch.equal(found[entry], state[entry]) for entry in state)


@every
def test_an_aligned_network_computes_the_same_function(name):
    model, inputs = network(name)
    reference, other = copied(model), shuffled(model, copied(model))
    generator = torch.Generator().manual_seed(8)
    for value in other.values():
        if value.is_floating_point():
            value += 0.3 * torch.rand(value.shape, generator=generator, dtype=value.dtype)
    before = {entry: value.clone() for entry, value in other.items()}
    found = aligned(model, reference, other)
    torch.testing.assert_close(outputs(model, found, inputs), outputs(model, other, inputs))
    assert all(torch.equal(other[entry], before[entry]) for entry in other)
    weights = {entry for entry, _ in model.named_parameters()}
    mine, theirs, own = ({n: s[n] for n in weights} for s in (found, other, reference))
    assert product(own, mine) >= product(own, theirs)


@pytest.mark.parametrize("seed", range(4))
def test_of_one_hidden_layer_the_best_of_all_permutations_is_found(seed):
    model = mlp((4, 5, 3), seed=seed).double()
    reference, other = copied(model), copied(mlp((4, 5, 3), seed=seed + 10).double())
    every_one = [
        permuted(other, unit_axes(model), {0: torch.tensor(order)})
        for order in itertools.permutations(range(5))
    ]
    best = max(product(reference, one) for one in every_one)
    assert product(reference, aligned(model, reference, other)) == pytest.approx(best, rel=1e-12)


def test_a_barrier_before_is_none_after():
    model, path, data = trained()
    final = path(1.0)
    copy = shuffled(model, final)

    def objectives(other: State) -> np.ndarray:
        _, sheet = measure(model, Line(final, other), data, points=21)
        return sheet.value(1.0)

    assert objectives(copy).max() > 5 * objectives(copy)[0]
    straight = objectives(aligned(model, final, copy))
    np.testing.assert_allclose(straight, straight[0], rtol=1e-10)


def test_weights_stay_on_their_device(device):
    model, _ = network("lenet")
    state = {entry: value.to(device) for entry, value in copied(model).items()}
    found = aligned(model, state, shuffled(model, state))
    assert all(torch.equal(found[entry], state[entry]) for entry in state)
    assert {value.device.type for value in found.values()} == {device}


# --- refusals ------------------------------------------------------------------------------------


def test_products_that_overflow_are_refused_and_smaller_weights_give_the_permutation():
    network = mlp((4, 6, 2))
    ends = [{k: v.double() for k, v in mlp((4, 6, 2), seed=s).state_dict().items()} for s in (0, 1)]
    large = [{k: 1e200 * v for k, v in end.items()} for end in ends]
    with pytest.raises(WeightsError, match=r"finite in float64.*Scale both networks down"):
        aligned(network, *large)
    assert aligned(network, *ends).keys() == ends[0].keys()


def test_weights_that_do_not_fit_are_refused():
    small, large = mlp((2, 3, 1)), mlp((2, 4, 1))
    with pytest.raises(WeightsError, match=r"'1.weight' of one shape"):
        aligned(small, copied(small), copied(large))
    with pytest.raises(WeightsError, match=r"weights that fit the model"):
        aligned(small, copied(large), copied(large))


class Own(nn.Module):
    def forward(self, x):
        return x


def twice(layer: nn.Module) -> nn.Module:
    return nn.Sequential(layer, nn.ReLU(), layer)


@pytest.mark.parametrize(
    ("model", "found"),
    [
        (Own(), "the model', a Own"),
        (resnet(8, width=2), "a Residual"),
        (nn.Sequential(nn.Linear(2, 2), Own()), "'1', a Own"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(1)), "'1', a Softmax"),
        (nn.Sequential(nn.Linear(2, 2), nn.Flatten(0)), "'1', a Flatten"),
        (nn.Sequential(nn.Conv2d(2, 4, 1, groups=2)), "'0', a convolution in groups"),
        (nn.Sequential(nn.Conv2d(2, 4, 1), nn.Linear(4, 2)), "'1', which does not read the units"),
        (twice(nn.Linear(2, 2)), "'2.weight', weights that another layer has too"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "a ParametrizedLinear"),
    ],
)
def test_a_network_that_is_not_known_is_refused_with_the_reason(model, found):
    with pytest.raises(InputError, match=rf"told from its modules.*; found .*{found}.*Write it as"):
        unit_axes(model)
