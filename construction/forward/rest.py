"""The rest of a network, behind a layer whose outputs are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..network.heads import State, evaluate, private_copy, run


class Rest:
    """A copy of a network in which one layer returns what it is given.

    Args:
        model: a private copy, in evaluation mode, that draws no random numbers; not changed.
        name: of the layer whose outputs are given.
        skipped: a layer before it, whose outputs nothing else uses; it returns zeros.

    Attributes:
        entries: names of the weights that are still needed.

    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> inputs, state = torch.randn(5, 4), network.state_dict()
    >>> rest = Rest(network, "0")
    >>> torch.equal(rest(state, inputs, network[0](inputs)), network(inputs))
    True
    """

    def __init__(self, model: nn.Module, name: str, skipped: str | None = None) -> None:
        self.model = _sharing(model)
        layer = self.model.get_submodule(name)
        _run_instead(layer, lambda _: self.outputs)
        gone = {id(x) for x in layer.parameters()}
        if skipped is not None:
            # no inputs of the user's: an activation in place would change them
            _run_instead(self.model.get_submodule(skipped), lambda given: _zeros(given))
            gone |= {id(x) for x in self.model.get_submodule(skipped).parameters()}
        own = {
            name for name, x in self.model.named_parameters(remove_duplicate=False) if id(x) in gone
        }
        self.entries = self.model.state_dict().keys() - own
        self.buffers = {name for name, _ in self.model.named_buffers(remove_duplicate=False)}

    def __call__(self, state: State, inputs: Tensor, outputs: Tensor) -> Any:
        """What the network returns where the layer returns `outputs`."""
        self.outputs = outputs
        own = {
            key: value.clone() if key in self.buffers else value  # some layers change theirs
            for key, value in state.items()
            if key in self.entries
        }
        with torch.no_grad():
            return run(self.model, own, inputs)


def _sharing(model: nn.Module) -> nn.Module:
    """A copy whose weights take no memory of their own."""
    copied = private_copy(model)
    for own, its in zip(copied.parameters(), model.parameters(), strict=True):
        own.data = its.data
    return copied


def _run_instead(layer: nn.Module, function: Callable[[Tensor], Tensor]) -> None:
    """The layer stays, with what a network may read of it, but computes something else."""
    vars(layer)["forward"] = function


def _zeros(given: Tensor) -> Tensor:
    return given.new_zeros(len(given), 1)


class Before:
    """What a layer is given, where no weights come before it.

    Args:
        model: a private copy, in evaluation mode; not changed.
        name: of the layer.
        state: any weights of the model.

    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> Before(network, "1", network.state_dict())(torch.ones(5, 2, 2)).shape
    torch.Size([5, 4])
    """

    def __init__(self, model: nn.Module, name: str, state: State) -> None:
        self.model, self.state = _sharing(model), state
        _run_instead(self.model.get_submodule(name), _stop)

    def __call__(self, inputs: Tensor) -> Tensor:
        """The layer's input on these inputs of the network."""
        try:
            with torch.no_grad():
                evaluate(self.model, self.state, inputs)
        except _Reached as reached:
            return reached.given
        raise AssertionError("the layer runs, as it did on the probe")


class _Reached(Exception):  # noqa: N818 - no error: it ends a forward pass half-way
    def __init__(self, given: Tensor) -> None:
        super().__init__()
        self.given = given


def _stop(given: Tensor) -> Tensor:
    """End the forward pass."""
    raise _Reached(given)
