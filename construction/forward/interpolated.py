"""The first layer interpolated: its products are taken at the path's own weights alone.

Where ``W(lambda) = sum_k share_k(lambda) W_k``, so does the pre-activation of the first layer mix,
``Z(lambda) = sum_k share_k(lambda) Z_k``: on a line two products in all, where a forward pass takes
one a lambda. The rest of the network runs as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..arrays import Array
from ..path.bezier import mixed
from ..path.paths import Curve
from .method import Method, Progress, Receiver, Tiles
from .split import AfterLayer, BeforeLayer


class Interpolated(Method):
    """Interpolates the first layer.

    Args:
        model: a private copy; not changed.
        path: that mixes given weights.
        layer: name of the first layer, see `construction.forward.first_layers`.
    """

    name = "first layer interpolated"

    def __init__(self, model: nn.Module, path: Curve, layer: str) -> None:
        self.before = BeforeLayer(model, layer, path.states[0])
        self.layer = model.get_submodule(layer)
        names = {f"{layer}.{entry}": entry for entry in self.layer.state_dict()}
        self.weights = [{names[key]: state[key] for key in names} for state in path.states]
        self.after = AfterLayer(model, layer)
        self.path, self.path_after = path, path.only(self.after.entries)

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
                outputs = self.after(self.path_after(lam), inputs, mixture(products, shares))
                receive(number, raw, index, outputs[None])
            progress((number + 1) / len(tiles))

    def _product(self, k: int, entering: Tensor) -> Tensor:
        """The first layer's outputs at the weights of number k."""
        with torch.no_grad():
            product: Tensor = functional_call(self.layer, self.weights[k], (entering,))
        return product


def mixture(values: Mapping[int, Tensor], shares: Mapping[int, float]) -> Tensor:
    """``sum_k share_k value_k``, exact where one share is 1, in memory of its own.

    >>> float(mixture({0: torch.tensor(1.0), 1: torch.tensor(3.0)}, {0: 0.75, 1: 0.25}))
    1.5
    """
    if len(shares) == 1:
        return values[next(iter(shares))].clone()  # an activation in place may change it
    if len(shares) == 2:
        (one, _), (other, share) = shares.items()
        return torch.lerp(values[one], values[other], share)
    return mixed([values[k] for k in shares], list(shares.values()))
