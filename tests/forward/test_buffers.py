"""Buffers that would be mixed along a path in silence are refused by name; others are let be."""

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from construction.errors import InputError
from construction.path.paths import Bezier, Line, Polyline
from construction.search.bending import bend
from construction.theorem.construct import assess, construct

from ..problems import copied

X = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
Y = (X[:, :2] > 0).float()


class Standardised(nn.Module):
    """Statistics kept by hand, as of no layer of PyTorch's."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(8))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))

    def forward(self, h):
        return h - self.mean


def network(*middle):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), *middle, nn.ReLU(), nn.Linear(8, 2))


def ends_of(make, change):
    """A model, its weights with the head four times as large, and what a change makes of others."""
    model, other = make(), make()
    change(other)
    head = f"{len(model) - 1}."
    first, last = (
        {name: value * (share if name.startswith(head) else 1) for name, value in copied(x).items()}
        for x, share in ((model, 4), (other, 0.1))
    )
    return model, first, last


def spectral():
    def make():
        model = network()
        model[0] = parametrizations.spectral_norm(model[0])
        return model

    def trained(other):
        with torch.no_grad():
            other[0].parametrizations.weight.original.mul_(2).add_(0.1)
        other(X)  # a power iteration in training mode

    names = ["0.parametrizations.weight.0._u", "0.parametrizations.weight.0._v"]
    return *ends_of(make, trained), names


def pruned():
    def make():
        model = network()
        prune.identity(model[0], "weight")
        return model

    def trained(other):
        prune.l1_unstructured(other[0], "weight", 0.5)

    return *ends_of(make, trained), ["0.weight_mask"]


def by_hand():
    def trained(other):
        other[1].mean.fill_(0.2)
        other[1].seen.fill_(7)

    return *ends_of(lambda: network(Standardised()), trained), ["1.mean"]


MIXED = {"spectral-norm": spectral, "pruned": pruned, "by-hand": by_hand}


@pytest.mark.parametrize("problem", MIXED.values(), ids=MIXED)
def test_buffers_that_differ_are_refused_by_name_wherever_a_curve_is_taken(problem):
    model, start, stop, names = problem()
    said = f"found other values of {', '.join(map(repr, names))}. Bake a parametrisation in"
    curves = [Line(start, stop), Polyline([start, stop, start]), Bezier([start, stop, start])]
    for make in (construct, assess):
        for curve in curves:
            with pytest.raises(InputError) as caught:
                make(model, curve, (X, Y), points=5)
            assert said in str(caught.value)
    with pytest.raises(InputError) as caught:
        bend(model, start, stop, (X, Y), steps=1)
    assert said in str(caught.value)


@pytest.mark.parametrize("problem", MIXED.values(), ids=MIXED)
def test_the_same_buffers_at_all_weights_serve_as_the_message_says(problem):
    model, start, stop, names = problem()
    same = {**start, **{name: stop[name] for name in names}}
    result = construct(model, Line(same, stop), (X, Y), points=11, profile="valley")
    for name in names:
        assert torch.equal(result.weights(0.5)[name], stop[name])
    assert result.certify(21).holds


def test_a_parametrisation_baked_in_serves_as_the_message_says():
    _, start, stop, _ = spectral()
    states = []
    for state in (start, stop):
        baked, *_ = spectral()
        baked.load_state_dict(state)
        parametrize.remove_parametrizations(baked.eval()[0], "weight")
        states.append(copied(baked))
    result = construct(baked, Line(*states), (X, Y), points=11, profile="valley")
    assert result.certify(21).holds


def test_a_callable_path_sets_its_buffers_itself():
    model, start, stop, _ = by_hand()
    line = Line(start, stop)
    seen = []

    def path(lam):
        state = line(lam)
        h = X @ state["0.weight"].T + state["0.bias"]
        seen.append(lam)
        return {**state, "1.mean": h.mean(0)}

    result = construct(model, path, (X, Y), points=11, profile="valley")
    assert torch.equal(result.weights(0.0)["1.mean"], path(0.0)["1.mean"])
    assert result.certify(21).holds


def test_statistics_of_pytorchs_own_layers_stay_the_choice_of_batch_norm():
    model, start, stop = ends_of(lambda: network(nn.BatchNorm1d(8)), lambda other: other(X))
    assert not torch.equal(start["1.running_mean"], stop["1.running_mean"])
    for choice in ("interpolate", "recompute"):
        assess(model, Line(start, stop), (X, Y), points=5, batch_norm=choice)


def test_only_the_first_names_of_many_are_listed():
    def trained(other):
        for layer in other[1:7]:
            layer.mean.fill_(0.2)

    model, start, stop = ends_of(lambda: network(*(Standardised() for _ in range(6))), trained)
    said = r"values of '1\.mean', '2\.mean', '3\.mean', '4\.mean' and 2 more\."
    with pytest.raises(InputError, match=said):
        construct(model, Line(start, stop), (X, Y), points=5)
