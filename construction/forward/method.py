"""Methods that compute outputs along a path: the plain one, and the first layer interpolated.

The third, by far the longest, is `construction.forward.flips`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..arrays import Array
from ..loss.loss import Raw
from ..network.evaluation import run
from ..network.states import State
from ..path.paths import Curve, Path, mixed
from .batches import Pair
from .first_layers import AfterLayer, BeforeLayer
from .samples import Samples

#: Receives the number of a tile, its targets as the user gives them, the index of the first of some
#: neighbouring lambdas, and the predictions there, (lambdas, samples, ...). A tile's calls come one
#: after the other; those of different tiles may come from different threads.
Receiver = Callable[[int, Raw, int, Tensor], None]
#: Receives the share of the work that is done.
Progress = Callable[[float], None]
#: Inputs and targets, tile by tile.
Tiles = Samples | list[Pair]


@dataclass(frozen=True)
class Served:
    """Which method gave the outputs along a path.

    Attributes:
        method: "flips", "first layer interpolated" or "plain".
        why: what in the network, the path or their size decided it.
    """

    method: str
    why: str

    def __str__(self) -> str:
        return f"{self.method}: {self.why}"


class Method(ABC):
    """A way to compute outputs along a path; who runs it keeps the user's random numbers."""

    name: ClassVar[str]
    #: Most samples at once; None where the data's own tiles will do.
    tile: int | None = None
    #: Those that run at a lambda.
    weights: Path

    @contextmanager
    def keeping(self, memory: int) -> Iterator[None]:
        """Weights of the first tile serve the others too, while so many bytes last."""
        before, left = self.weights, memory
        kept: dict[float, State] = {}

        def weights(lam: float) -> State:
            nonlocal left
            if lam in kept:
                return kept[lam]
            state = before(lam)
            size = sum(value.nbytes for value in state.values())
            if size <= left:
                kept[lam], left = state, left - size
            return state

        self.weights = weights
        try:
            yield
        finally:
            self.weights = before

    @abstractmethod
    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        """Give the predictions at all lambdas, increasing, on all tiles to `receive`."""


@dataclass
class Plain(Method):
    """Runs the network as it is, a private copy, with the weights at each lambda."""

    name: ClassVar[str] = "plain"

    weights: Path
    model: nn.Module

    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        for k, lam in enumerate(lams.tolist()):
            state = self.weights(lam)
            for number, (inputs, raw) in enumerate(tiles):
                receive(number, raw, k, run(self.model, state, inputs)[None])
            progress((k + 1) / len(lams))


class Interpolated(Method):
    """Takes the products of the first layer at the path's own weights alone.

    Where ``W(lambda) = sum_k share_k(lambda) W_k``, so does the pre-activation of the first layer
    mix, ``Z(lambda) = sum_k share_k(lambda) Z_k``: on a line two products in all, where a forward
    pass takes one a lambda. The rest of the network, a private copy, runs as it is.
    """

    name = "first layer interpolated"

    def __init__(self, model: nn.Module, path: Curve, layer: str) -> None:
        self.before = BeforeLayer(model, layer, path.states[0])
        self.layer = model.get_submodule(layer)
        names = {f"{layer}.{entry}": entry for entry in self.layer.state_dict()}
        self.ends = [{names[key]: state[key] for key in names} for state in path.states]
        self.after = AfterLayer(model, layer)
        self.path, self.weights = path, self.after.path(path)

    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        """See `Method.run`; a tile at a time, so that little is kept."""
        for number, (inputs, raw) in enumerate(tiles):
            entering = self.before(inputs)
            products: dict[int, Tensor] = {}
            for index, lam in enumerate(lams.tolist()):
                shares = self.path.shares(lam)
                products = {
                    k: products[k] if k in products else self._product(k, entering) for k in shares
                }
                outputs = self.after(self.weights(lam), inputs, mixture(products, shares))
                receive(number, raw, index, outputs[None])
            progress((number + 1) / len(tiles))

    def _product(self, k: int, entering: Tensor) -> Tensor:
        """The first layer's outputs at the weights of number k."""
        with torch.no_grad():
            product: Tensor = functional_call(self.layer, self.ends[k], (entering,))
        return product


def mixture(values: Mapping[int, Tensor], shares: Mapping[int, float]) -> Tensor:
    """``sum_k share_k value_k``, exact where one share is 1, in memory that activations may change.

    >>> float(mixture({0: torch.tensor(1.0), 1: torch.tensor(3.0)}, {0: 0.75, 1: 0.25}))
    1.5
    """
    if len(shares) == 2:
        (one, _), (other, share) = shares.items()
        return torch.lerp(values[one], values[other], share)
    return mixed([values[k] for k in shares], list(shares.values()))
