"""The rest of a network, behind a layer whose outputs are given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ..heads import State, evaluate, private_copy, run


class Rest:
    """A copy of a network in which one layer returns what it is given.

    Args:
        model: a private copy, in evaluation mode, that draws no random numbers; not changed.
        name: of the layer whose outputs are given.
        skipped: layers before it, which pass on what they get.

    >>> network = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    >>> inputs, state = torch.randn(5, 4), network.state_dict()
    >>> rest = Rest(network, "0")
    >>> torch.equal(rest(state, inputs, network[0](inputs)), network(inputs))
    True
    """

    def __init__(self, model: nn.Module, name: str, skipped: Iterable[str] = ()) -> None:
        self.model, self.given = private_copy(model), _Given()
        self._replace(name, self.given)
        for other in skipped:
            self._replace(other, nn.Identity())
        self.entries = self.model.state_dict().keys()
        self.buffers = {name for name, _ in self.model.named_buffers(remove_duplicate=False)}

    def __call__(self, state: State, inputs: Tensor, outputs: Tensor) -> Any:
        """What the network returns where the layer returns `outputs`."""
        self.given.outputs = outputs
        own = {
            key: value.clone() if key in self.buffers else value  # some layers change theirs
            for key, value in state.items()
            if key in self.entries
        }
        with torch.no_grad():
            return run(self.model, own, inputs)

    def _replace(self, name: str, module: nn.Module) -> None:
        self.model.set_submodule(name, module)


class _Given(nn.Module):
    """Returns what was put there."""

    outputs: Tensor

    def forward(self, *_: Any, **__: Any) -> Tensor:
        return self.outputs


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
        self.model = private_copy(model)
        self.model.set_submodule(name, _Stopping())
        entries = self.model.state_dict().keys()
        self.state = {key: value for key, value in state.items() if key in entries}

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


class _Stopping(nn.Module):
    """Ends the forward pass."""

    def forward(self, given: Tensor) -> Tensor:
        raise _Reached(given)
