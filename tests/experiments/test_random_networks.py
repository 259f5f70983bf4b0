"""Stacked networks against the same networks one by one; weights against their laws."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Generator, nn
from torch.func import functional_call

from construction.experiments.proposition.measure import (
    INITIALISATIONS,
    Layer,
    draw,
    outputs_of,
)
from construction.experiments.proposition.words import SPHERICAL
from construction.network.networks import mlp


def drawn(widths, initialisation: str, networks: int, seed: int = 0) -> list[Layer]:
    return draw(widths, initialisation, networks, Generator().manual_seed(seed))


@pytest.mark.parametrize("widths", [(5, 3), (5, 4, 2), (5, 4, 1, 3, 2)], ids=str)
@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_stacked_networks_give_the_outputs_of_each_alone(initialisation, widths):
    inputs = torch.randn(7, 5, generator=Generator().manual_seed(1))
    layers, model = drawn(widths, initialisation, 6), mlp(widths)
    found = outputs_of(layers, inputs)
    assert found.shape == (6, widths[-1], 7)
    names = list(model.state_dict())
    for k in range(6):
        state = dict(zip(names, [part[k] for layer in layers for part in layer], strict=True))
        with torch.no_grad():
            wanted = functional_call(model, state, (inputs,))
        torch.testing.assert_close(found[k].T, wanted, rtol=1e-5, atol=1e-6)


def law_of(weight: torch.Tensor, law) -> float:
    """The p-value of the weights under a law of one of them."""
    return stats.kstest(weight.flatten().double().numpy(), law.cdf).pvalue


LAWS = {
    "he": lambda inputs, outputs: stats.norm(scale=math.sqrt(2 / inputs)),
    "small": lambda inputs, outputs: stats.norm(scale=0.01),
    "default": lambda inputs, outputs: uniform(1 / math.sqrt(inputs)),
    "xavier": lambda inputs, outputs: uniform(math.sqrt(6 / (inputs + outputs))),
}


def uniform(bound: float):
    return stats.uniform(-bound, 2 * bound)


@pytest.mark.parametrize("initialisation", LAWS)
def test_weights_follow_the_law_of_their_initialisation(initialisation):
    layer = drawn((30, 20), initialisation, 50)[0]
    assert law_of(layer.weight, LAWS[initialisation](30, 20)) > 1e-3


def test_a_single_input_on_the_sphere_has_two_weights_to_the_bit():
    weight = drawn((1, 10), "sphere", 500)[0].weight
    assert weight.abs().unique().tolist() == [float(torch.tensor(math.sqrt(2)))]


def test_weights_on_the_sphere_have_its_radius_and_no_preferred_direction():
    weight = drawn((6, 20), "sphere", 500)[0].weight
    torch.testing.assert_close(weight.norm(dim=2), torch.full((500, 20), math.sqrt(2)))
    # the square of one coordinate of a uniform direction in d dimensions is Beta(1/2, (d - 1)/2)
    for coordinate in range(6):
        assert law_of(weight[:, :, coordinate] ** 2 / 2, stats.beta(0.5, 2.5)) > 1e-4
        assert abs(float(weight[:, :, coordinate].sign().mean())) < 0.05


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_biases_are_zero_but_for_pytorchs_own(initialisation):
    bias = drawn((9, 40), initialisation, 50)[0].bias
    if initialisation == "default":
        assert law_of(bias, uniform(1 / 3)) > 1e-3
        assert initialisation not in SPHERICAL
    else:
        assert not bias.any()


def test_the_bounds_of_uniform_weights_are_those_of_pytorchs_own_layers():
    ours = [float(drawn((50, 40), name, 40)[0].weight.max()) for name in ("default", "xavier")]
    plain, xavier = nn.Linear(50, 40).weight.detach(), torch.empty(40, 50)
    theirs = [float(plain.max()), float(nn.init.xavier_uniform_(xavier).max())]
    np.testing.assert_allclose(ours, theirs, rtol=0.01)


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_the_same_stream_gives_the_same_networks_and_another_one_others(initialisation):
    first, again, other = (drawn((5, 4, 2), initialisation, 3, seed) for seed in (0, 0, 1))
    for one, same, different in zip(first, again, other, strict=True):
        assert torch.equal(one.weight, same.weight)
        assert not (one.weight == different.weight).all()


def test_networks_of_one_stack_are_different():
    weight = drawn((5, 4), "he", 50)[0].weight.flatten(1)
    assert len({tuple(row) for row in weight.tolist()}) == 50
