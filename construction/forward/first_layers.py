"""What a network does first: a linear layer, an activation with kinks, a second linear layer.

It is seen from its layers at work on a few samples. Where the first linear layer's input does not
depend on the weights, its pre-activation mixes along the path as the weights do. Where an
activation that is linear between kinks leads straight to a second linear layer, more is known: see
`construction.forward.flips`.

What is seen holds for the samples that were looked at, to the bit; a method that builds on it is
compared with the network itself before it serves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.jit import ScriptModule

from ..network.evaluation import evaluate
from ..network.heads import scale_head
from ..network.states import State
from .split import sharing_copy

#: Layers whose outputs are linear in their weights.
LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
#: Multiples of the first layer with which an activation is looked at too, as one that the network
#: calls as a function may bend where a few samples do not reach; chosen here.
STRETCHES = -1e3, 1e-3, 1e3


@dataclass(frozen=True)
class Kinks:
    """A continuous activation, linear between kinks: ``phi(x) = slope x + offset`` on each piece.

    Along a line of weights the first pre-activation of a unit is ``A + tau B``, so it passes each
    kink at most once, at ``tau = (kink - A) / B``, and is linear in tau between.

    Attributes:
        at: where it bends, increasing, (kinks,).
        slopes, offsets: of the pieces from left to right, (kinks + 1,).

    >>> relu = kinks_of(nn.ReLU())
    >>> relu.at, relu.slopes, relu.offsets
    ((0.0,), (0.0, 1.0), (0.0, 0.0))
    """

    at: tuple[float, ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def __call__(self, x: Tensor) -> Tensor:
        """``phi(x)``, entry by entry."""
        at, slopes, offsets = (
            torch.tensor(part, dtype=x.dtype, device=x.device)
            for part in (self.at, self.slopes, self.offsets)
        )
        piece = torch.bucketize(x, at)
        return slopes[piece] * x + offsets[piece]

    @property
    def leak(self) -> float | None:
        """The slope below 0 of what is ``max(x, leak x)``, 0 for ReLU, 1 for the identity."""
        if self == IDENTITY:
            return 1.0
        bent = self.at == (0.0,) and self.slopes[1] == 1 and 0 <= self.slopes[0] <= 1
        return self.slopes[0] if bent else None

    def arrays(self, dtype: np.dtype[np.floating]) -> tuple[NDArray[np.floating], ...]:
        """Kinks, slopes and offsets as arrays."""
        return tuple(np.array(part, dtype) for part in (self.at, self.slopes, self.offsets))


IDENTITY = Kinks((), (1.0,), (0.0,))
RELU = Kinks((0.0,), (0.0, 1.0), (0.0, 0.0))


def kinks_of(module: nn.Module) -> Kinks | None:
    """The activation of a layer of PyTorch's own; None where it is not linear between kinks.

    >>> kinks_of(nn.Hardtanh(-1, 2))
    Kinks(at=(-1.0, 2.0), slopes=(0.0, 1.0, 0.0), offsets=(-1.0, 0.0, 2.0))
    >>> kinks_of(nn.Tanh()) is None
    True
    """
    if isinstance(module, nn.Identity | nn.Dropout):  # nothing is dropped in evaluation mode
        return IDENTITY
    if type(module) is nn.ReLU:
        return RELU
    if isinstance(module, nn.LeakyReLU):
        return Kinks((0.0,), (float(module.negative_slope), 1.0), (0.0, 0.0))
    if isinstance(module, nn.Hardtanh):  # ReLU6 is one
        low, high = float(module.min_val), float(module.max_val)
        return Kinks((low, high), (0.0, 1.0, 0.0), (low, 0.0, high))
    return None


@dataclass(frozen=True)
class LinearLayer:
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
class FirstLayers:
    """The first layers of a network.

    Attributes:
        first: linear or a convolution.
        kinks: of the activation that leads to the second layer; None where it is not known.
        second: fully connected, as the first then is.
        leak: where the head comes next and last, behind ``max(z, leak z)``; else None.
    """

    first: LinearLayer
    kinks: Kinks | None = None
    second: LinearLayer | None = None
    leak: float | None = None


def first_layers_of(
    model: nn.Module, states: Sequence[State], head: str, inputs: Tensor
) -> FirstLayers | str:
    """The first layers of a network, or why there is none to build on.

    Args:
        model: a private copy, in evaluation mode and without hooks of the user's.
        states: weights that a path mixes, all of which are tried.
        head: name of the last layer.
        inputs: a few, (samples, ...).

    >>> from construction.network.networks import mlp
    >>> network = mlp((4, 5, 3, 2))
    >>> layers = first_layers_of(network, [network.state_dict()], "5", torch.randn(3, 4))
    >>> layers.first.name, layers.second.name, layers.leak
    ('1', '3', 0.0)
    """
    if any(isinstance(module, ScriptModule) for module in model.modules()):
        return "a compiled model cannot be run in parts"
    runs = [_watched(model, state, inputs) for state in states]
    why = _unusable(runs)
    if why:
        return why
    first, *later = runs[0].layers
    alone = FirstLayers(first.described)
    if not later or not all(_fully_connected(call, runs[0]) for call in (first, later[0])):
        return alone
    second, *others = later
    runs += [_watched(model, scale_head(states[0], first.name, c), inputs) for c in STRETCHES]
    if second.name == head or any(run.names != runs[0].names for run in runs):
        return alone
    kinks = _activation(runs, first.name, second.name)
    if kinks is None:
        return alone
    leak = None
    if [call.name for call in others] == [head]:
        after = _activation(runs, second.name, head)
        if after and all(_same(run.call_of(head).output, run.output) for run in runs):
            leak = after.leak
    return FirstLayers(first.described, kinks, second.described, leak)


@dataclass
class _Call:
    """Of a layer without children, from one tensor to another."""

    name: str
    module: nn.Module
    input: Tensor
    output: Tensor

    @property
    def described(self) -> LinearLayer:
        units, weight = self.output[0].numel(), self.module.state_dict()["weight"]
        return LinearLayer(self.name, units, 2 * units * weight[0].numel())


@dataclass
class _Run:
    """The calls, in order, and what the network returned."""

    calls: list[_Call]
    output: Any

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    @property
    def layers(self) -> list[_Call]:
        return [call for call in self.calls if type(call.module) in LINEAR]

    def call_of(self, name: str) -> _Call:
        return self.calls[self.names.index(name)]


def _watched(model: nn.Module, state: State, inputs: Tensor) -> _Run:
    runner = sharing_copy(model)
    names = {one: name for name, one in runner.named_modules() if not list(one.children())}
    entered: list[Tensor | None] = []
    calls: list[_Call] = []

    def enter(_: nn.Module, args: tuple[Any, ...]) -> None:
        # copies, here and below: an activation in place would change them
        lone = len(args) == 1 and isinstance(args[0], Tensor)
        entered.append(args[0].clone() if lone else None)

    def leave(module: nn.Module, _: tuple[Any, ...], output: Any) -> None:
        entering = entered.pop()
        if entering is not None and isinstance(output, Tensor):
            calls.append(_Call(names[module], module, entering, output.clone()))

    hooks = [module.register_forward_pre_hook(enter) for module in names]
    hooks += [module.register_forward_hook(leave) for module in names]
    with torch.no_grad():
        outputs = evaluate(runner, state, inputs)
    for hook in hooks:  # which would keep the copy in a circle
        hook.remove()
    return _Run(calls, outputs)


def _unusable(runs: list[_Run]) -> str:
    """Why the first linear layer cannot be built on; empty where it can."""
    run, layers = runs[0], runs[0].layers
    if not layers:
        return "no linear or convolutional layer"
    if any(other.names != run.names for other in runs):
        return "its layers run in another order with other weights"
    first = layers[0]
    if not first.name or set(first.module.state_dict()) - {"weight", "bias"}:
        return "the weight of its first layer is not a plain entry"
    if run.names.count(first.name) > 1:
        return "its first layer runs more than once"
    if len(first.output) != len(run.output):
        return "its first layer does not see a sample at a time"
    if not all(_same(other.layers[0].input, first.input) for other in runs):
        return "weights come before its first linear or convolutional layer"
    return ""


def _fully_connected(call: _Call, run: _Run) -> bool:
    """Whether a layer is a plain fully connected one that runs once."""
    return (
        type(call.module) is nn.Linear
        and set(call.module.state_dict()) <= {"weight", "bias"}
        and call.output.ndim == 2
        and run.names.count(call.name) == 1
    )


def _activation(runs: list[_Run], before: str, after: str) -> Kinks | None:
    """What leads from the output of one layer to the input of another."""
    start, stop = map(runs[0].names.index, (before, after))
    known = [kinks_of(call.module) for call in runs[0].calls[start + 1 : stop]]
    bent = [kinks for kinks in known if kinks is not None and kinks != IDENTITY]
    candidates = bent if len(bent) == 1 and None not in known else [RELU, IDENTITY]
    for kinks in candidates:
        if all(_same(kinks(run.call_of(before).output), run.call_of(after).input) for run in runs):
            return kinks
    return None


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and torch.equal(one, other)
