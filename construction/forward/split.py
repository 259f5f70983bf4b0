"""A network cut at one of its layers: what comes before it, and what comes after."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..network.batch import Inputs
from ..network.evaluation import evaluate, private_copy, run
from ..network.states import State
from ..path.paths import Path, mapped


class BeforeLayer:
    """From the network's inputs to those of a layer, where no weights come before it.

    Args:
        model: a private copy, in evaluation mode; not changed.
        name: of the layer.
        state: any weights of the model.

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
                evaluate(self.model, self.state, inputs)
        except _Reached as reached:
            entering: Tensor = reached.args[0]
            return entering
        raise AssertionError("the layer runs, as it did on the probe")


class AfterLayer:
    """From a layer's outputs to those of the network.

    Args:
        model: a private copy, in evaluation mode, that draws no random numbers; not changed.
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
