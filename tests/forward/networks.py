"""Small networks and paths on which methods are compared with plain forward passes."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import relu

from construction.forward.forward import Forward

X = torch.randn(40, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
Y = torch.arange(40) % 3


def chain(*activations, sizes=(6, 9, 8, 3), bias=True):
    layers = []
    for k, (inside, outside) in enumerate(pairwise(sizes)):
        layers += [nn.Linear(inside, outside, bias=bias)]
        layers += [activations[k % len(activations)]] if k < len(sizes) - 2 else []
    return nn.Sequential(*layers)


class Functional(nn.Module):
    """A network that calls its activations as functions."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.head = nn.Linear(6, 9), nn.Linear(9, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.tanh(self.outer(relu(self.inner(x)))))


def states(model, count=2, seed=0):
    """Random weights, with what makes a unit lie on its kink all along."""
    own = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(count):
        state = {
            name: torch.randn(value.shape, dtype=torch.float64, generator=own) / 2
            for name, value in model.state_dict().items()
        }
        for name, value in state.items():
            if name.endswith("weight") and value.ndim == 2 and value.shape[1] == 6:
                value[0] = 0
            if name.endswith("bias") and len(value) == 9:
                value[0] = 0
        found.append(state)
    return found


def shifted(model, seed):
    own, weights = torch.Generator().manual_seed(seed), dict(model.named_parameters())
    return {
        name: value + torch.rand(value.shape, generator=own, dtype=value.dtype)
        if name in weights
        else value
        for name, value in model.state_dict().items()
    }


def forwards(model, path, data=(X, Y), **options):
    """The network by the method chosen, and by plain passes alone."""
    chosen, plain = (Forward(model, path, data, dtype=torch.float64, **options) for _ in range(2))
    plain.choice.refused = "asked for"
    return chosen, plain
