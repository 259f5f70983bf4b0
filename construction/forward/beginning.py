"""What a network begins with, seen from its layers at work on a few samples.

Where the first layer is linear or a convolution and its input does not depend on the weights, its
pre-activation mixes along the path as the weights do. Where an activation that is linear between
kinks leads straight to a second linear layer, more is known: see `construction.forward.flips`.

What is found holds for the samples that were looked at, to the bit; the room that builds on it is
compared with the network itself before it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit import ScriptModule

from ..network.heads import State, evaluate, private_copy
from .kinks import IDENTITY, RELU, Kinks, kinks_of

#: Layers whose outputs are linear in their weights.
LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
#: Multiples of the first layer with which an activation is looked at too, as one that the network
#: calls as a function may bend where a few samples do not reach; chosen here.
STRETCHES = -1e3, 1e-3, 1e3


@dataclass(frozen=True)
class Layer:
    """A linear layer at work.

    Attributes:
        name: in the model.
        units: outputs a sample.
        cost: operations a sample, 2 a product.
    """

    name: str
    units: int
    cost: int


@dataclass(frozen=True)
class Beginning:
    """The first layers of a network.

    Attributes:
        first: linear or a convolution, None where there is none to build on, and `why`.
        kinks: of the activation that leads to the second layer; None where it is not known.
        second: fully connected, as the first then is.
        leak: where the head comes next and last, behind ``max(z, leak z)``; else None.
    """

    first: Layer | None
    why: str = ""
    kinks: Kinks | None = None
    second: Layer | None = None
    leak: float | None = None


def beginning_of(model: nn.Module, states: Sequence[State], head: str, inputs: Tensor) -> Beginning:
    """The first layers of a network, in evaluation mode and without hooks of the user's.

    Args:
        model: a private copy.
        states: weights that a path mixes, all of which are tried.
        head: name of the last layer.
        inputs: a few, (samples, ...).

    >>> from construction.network.networks import mlp
    >>> network = mlp((4, 5, 3, 2))
    >>> found = beginning_of(network, [network.state_dict()], "5", torch.randn(3, 4))
    >>> found.first.name, found.second.name, found.leak
    ('1', '3', 0.0)
    """
    if any(isinstance(module, ScriptModule) for module in model.modules()):
        return Beginning(None, "a compiled model cannot be run in parts")
    runs = [_watched(model, state, inputs) for state in states]
    first = _first(runs)
    if isinstance(first, str):
        return Beginning(None, first)
    layer = runs[0].layers[first]
    alone = Beginning(layer.described)
    names = [call.name for call in runs[0].layers[first + 1 :]]
    if not names or not _connects(runs, first, names):
        return alone
    stretched = [_watched(model, _times(states[0], layer.name, c), inputs) for c in STRETCHES]
    if any(
        [call.name for call in run.calls] != [x.name for x in runs[0].calls] for run in stretched
    ):
        return alone
    runs = runs + stretched
    kinks = _activation(runs, layer.name, names[0])
    if kinks is None or names[0] == head:
        return alone
    after = _activation(runs, names[0], head) if names[1:] == [head] else None
    ends = all(_same(run.one(head).output, run.output) for run in runs)
    second = runs[0].one(names[0]).described
    leak = after.leak if after is not None and ends else None
    return Beginning(layer.described, "", kinks, second, leak)


@dataclass
class _Call:
    name: str
    module: nn.Module
    input: Tensor
    output: Tensor

    @property
    def described(self) -> Layer:
        weight = self.module.state_dict()["weight"]
        units = self.output[0].numel()
        return Layer(self.name, units, 2 * units * weight[0].numel())


@dataclass
class _Run:
    """The calls of layers without children, in order, and what the network returned."""

    calls: list[_Call]
    output: Any

    @property
    def layers(self) -> list[_Call]:
        return [call for call in self.calls if type(call.module) in LINEAR]

    def one(self, name: str) -> _Call:
        return next(call for call in self.calls if call.name == name)


def _watched(model: nn.Module, state: State, inputs: Tensor) -> _Run:
    runner = private_copy(model)
    calls: list[_Call] = []

    def note(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            if len(given) == 1 and isinstance(given[0], Tensor) and isinstance(output, Tensor):
                # copies: an activation in place would change them
                calls.append(_Call(name, module, before.pop(name), output.clone()))

        return hook

    before: dict[str, Tensor] = {}

    def remember(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, given: tuple[Any, ...]) -> None:
            if len(given) == 1 and isinstance(given[0], Tensor):
                before[name] = given[0].clone()

        return hook

    for name, module in runner.named_modules():
        if not list(module.children()):
            module.register_forward_pre_hook(remember(name))
            module.register_forward_hook(note(name))
    with torch.no_grad():
        output = evaluate(runner, state, inputs)
    return _Run(calls, output)


def _times(state: State, layer: str, c: float) -> State:
    """The weights with those of a layer multiplied."""
    own = f"{layer}.weight", f"{layer}.bias"
    return {name: c * value if name in own else value for name, value in state.items()}


def _first(runs: list[_Run]) -> int | str:
    """Which linear layer can be built on, by number; or why none can."""
    calls = [call.name for call in runs[0].calls]
    layers = runs[0].layers
    if not layers:
        return "no linear or convolutional layer"
    if any([call.name for call in run.calls] != calls for run in runs):
        return "its layers run in another order with other weights"
    first = layers[0]
    if not first.name or set(first.module.state_dict()) - {"weight", "bias"}:
        return "the weight of its first layer is not a plain entry"
    if calls.count(first.name) > 1:
        return "its first layer runs more than once"
    if len(first.output) != len(runs[0].output):
        return "its first layer does not see a sample at a time"
    if not all(_same(run.layers[0].input, first.input) for run in runs):
        return "weights come before its first linear or convolutional layer"
    return 0


def _connects(runs: list[_Run], first: int, names: list[str]) -> bool:
    """Whether the first two layers are plain fully connected ones that run once."""
    pair = runs[0].layers[first : first + 2]
    plain = all(
        type(call.module) is nn.Linear
        and set(call.module.state_dict()) <= {"weight", "bias"}
        and call.output.ndim == 2
        for call in pair
    )
    return plain and [call.name for call in runs[0].calls].count(names[0]) == 1


def _activation(runs: list[_Run], one: str, other: str) -> Kinks | None:
    """What leads from the output of one layer to the input of another."""
    calls = [call.name for call in runs[0].calls]
    start, stop = calls.index(one), calls.index(other)
    known = [kinks_of(call.module) for call in runs[0].calls[start + 1 : stop]]
    bent = [kinks for kinks in known if kinks is not None and kinks != IDENTITY]
    candidates = bent if len(bent) == 1 and None not in known else [RELU, IDENTITY]
    for kinks in candidates:
        if all(_same(kinks(run.one(one).output), run.one(other).input) for run in runs):
            return kinks
    return None


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and torch.equal(one, other)
