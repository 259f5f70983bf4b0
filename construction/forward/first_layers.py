"""What a network does first, a linear layer, a ReLU, a second one; and the network cut there.

It is seen from its layers at work on a few samples, for which it holds to the bit; a method that
builds on it is compared with the network itself before it serves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..network.evaluation import Inputs, evaluate, private_copy, run
from ..network.heads import scale_head
from ..network.states import State
from ..path.paths import Path, mapped

#: Layers whose outputs are linear in their weights.
LINEAR = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
#: Multiples of the first layer with which an activation is looked at too, as one that the network
#: calls as a function may bend where a few samples do not reach; chosen here.
STRETCHES = -1e3, 1e-3, 1e3


@dataclass(frozen=True)
class LinearLayer:
    """A linear layer at work on a few samples.

    Attributes:
        name, kind, entries: in the model, its class, and those of its state dict.
        units: outputs a sample.
        cost: operations a sample, 2 a product.
        input, output: (samples, ...) each.
    """

    name: str
    kind: type[nn.Module]
    entries: frozenset[str]
    units: int
    cost: int
    input: Tensor
    output: Tensor


@dataclass(frozen=True)
class FirstLayers:
    """The first layers of a network.

    Attributes:
        first: linear or a convolution.
        second: where both are fully connected and a ReLU, nothing else, leads from one to the
            other; else None.
        head_next: whether another ReLU and the head, nothing else, come behind the second.
    """

    first: LinearLayer
    second: LinearLayer | None = None
    head_next: bool = False


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
    >>> layers.first.name, layers.second.name, layers.head_next
    ('1', '3', True)
    """
    runs = [_watched(model, state, inputs) for state in states]
    why = _unusable(runs)
    if why:
        return why
    first, *later = runs[0].calls
    alone = FirstLayers(first)
    if not later or not all(_fully_connected(call, runs[0]) for call in (first, later[0])):
        return alone
    second, *others = later
    runs += [_watched(model, scale_head(states[0], first.name, c), inputs) for c in STRETCHES]
    if second.name == head or any(run.names != runs[0].names for run in runs):
        return alone
    if not _relu_leads(runs, first.name, second.name):
        return alone
    head_next = (
        [call.name for call in others] == [head]
        and _relu_leads(runs, second.name, head)
        and all(_same(run.call_of(head).output, run.output) for run in runs)
    )
    return FirstLayers(first, second, head_next)


@dataclass
class _Run:
    """The calls of linear layers, in order, and what the network returned."""

    calls: list[LinearLayer]
    output: Any

    @property
    def names(self) -> list[str]:
        return [call.name for call in self.calls]

    def call_of(self, name: str) -> LinearLayer:
        return self.calls[self.names.index(name)]


def _watched(model: nn.Module, state: State, inputs: Tensor) -> _Run:
    runner = sharing_copy(model)
    names = {one: name for name, one in runner.named_modules() if type(one) in LINEAR}
    calls: list[LinearLayer] = []

    def note(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        if len(args) == 1:
            own, units = module.state_dict(), output[0].numel()
            cost = 2 * units * own["weight"][0].numel() if "weight" in own else 0
            about = type(module), frozenset(own), units, cost
            # copies, as an activation in place would change them
            calls.append(LinearLayer(names[module], *about, args[0].clone(), output.clone()))

    hooks = [module.register_forward_hook(note) for module in names]
    with torch.no_grad():
        outputs = evaluate(runner, state, inputs)
    for hook in hooks:  # which would keep the copy in a circle
        hook.remove()
    return _Run(calls, outputs)


def _unusable(runs: list[_Run]) -> str:
    """Why the first linear layer cannot be built on; empty where it can."""
    run = runs[0]
    if not run.calls:
        return "no linear or convolutional layer"
    if any(other.names != run.names for other in runs):
        return "its layers run in another order with other weights"
    first = run.calls[0]
    if not first.name or first.entries - {"weight", "bias"}:
        return "the weight of its first layer is not a plain entry"
    if run.names.count(first.name) > 1:
        return "its first layer runs more than once"
    if len(first.output) != len(run.output):
        return "its first layer does not see a sample at a time"
    if not all(_same(other.calls[0].input, first.input) for other in runs):
        return "weights come before its first linear or convolutional layer"
    return ""


def _fully_connected(call: LinearLayer, run: _Run) -> bool:
    """Whether a layer is a plain fully connected one that runs once."""
    return (
        call.kind is nn.Linear
        and call.entries <= {"weight", "bias"}
        and call.output.ndim == 2
        and run.names.count(call.name) == 1
    )


def _relu_leads(runs: list[_Run], before: str, after: str) -> bool:
    """Whether a ReLU, and nothing else, leads from one layer to another."""
    return all(_same(run.call_of(before).output.relu(), run.call_of(after).input) for run in runs)


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and torch.equal(one, other)


class BeforeLayer:
    """From a network's inputs to those of a named layer; no weights come before it, so any serve.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> BeforeLayer(network, "1", network.state_dict())(torch.ones(5, 2, 2)).shape
    torch.Size([5, 4])
    """

    def __init__(self, model: nn.Module, name: str, state: State) -> None:
        self.model, self.state = sharing_copy(model), state
        _replace(self.model.get_submodule(name), _stop)

    def __call__(self, inputs: Inputs) -> Tensor:
        """The layer's input on these inputs of the network."""
        try:
            with torch.no_grad():
                run(self.model, self.state, inputs)
        except _Reached as reached:
            entering: Tensor = reached.args[0]
            return entering
        raise AssertionError("the layer runs, as it did on the probe")


class AfterLayer:
    """From a layer's outputs to those of the network.

    Args:
        model: a private copy, in evaluation mode; not changed.
        name: of the layer, which returns what it is given.
        skipped: a layer before it, whose outputs nothing else uses; it returns zeros.

    Attributes:
        entries: names of the weights that are still needed.

    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> inputs, state = torch.randn(5, 4), network.state_dict()
    >>> after = AfterLayer(network, "0")
    >>> torch.equal(after(state, inputs, network[0](inputs)), network(inputs))
    True
    """

    def __init__(self, model: nn.Module, name: str, skipped: str | None = None) -> None:
        self.model = sharing_copy(model)
        replaced = [self.model.get_submodule(name)]
        _replace(replaced[0], lambda _: self.outputs)
        if skipped is not None:
            replaced.append(self.model.get_submodule(skipped))
            # no inputs of the user's: an activation in place would change them
            _replace(replaced[1], lambda entering: entering.new_zeros(len(entering), 1))
        gone = {id(weight) for layer in replaced for weight in layer.parameters()}
        named = self.model.named_parameters(remove_duplicate=False)
        own = {key for key, weight in named if id(weight) in gone}
        self.entries = self.model.state_dict().keys() - own

    def path(self, path: Path) -> Path:
        """The path of the weights that are still needed."""
        return mapped(path, lambda state: {key: state[key] for key in state.keys() & self.entries})

    def __call__(self, state: State, inputs: Inputs, outputs: Tensor) -> Any:
        """What the network returns where the layer returns `outputs`."""
        self.outputs = outputs
        with torch.no_grad():
            return run(self.model, state, inputs)


def sharing_copy(model: nn.Module) -> nn.Module:
    """A copy whose weights take no memory of their own."""
    copied = private_copy(model)
    for own, its in zip(copied.parameters(), model.parameters(), strict=True):
        own.data = its.data
    return copied


def _replace(layer: nn.Module, function: Callable[[Tensor], Tensor]) -> None:
    """The layer stays, with what a network may read of it, but computes something else."""
    vars(layer)["forward"] = function


class _Reached(Exception):  # noqa: N818 - no error: it ends a forward pass half-way
    """With what enters the layer."""


def _stop(entering: Tensor) -> Tensor:
    raise _Reached(entering)
