"""What the methods that compute outputs along a path have in common, and the plain one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..arrays import Array
from ..network.heads import State
from .samples import Pair, Samples

#: Receives the number of a tile, its targets as the user gives them, the index of the first of some
#: neighbouring lambdas, and the predictions there, (lambdas, samples, ...). A tile's calls come one
#: after the other; those of different tiles may come from different threads.
Receiver = Callable[[int, Tensor, int, Tensor], None]
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
    """A way to compute outputs along a path.

    Attributes:
        name: see `Served.method`.
        tile: most samples at once; None where the data's own tiles will do.
    """

    name: ClassVar[str]
    tile: int | None = None

    @abstractmethod
    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        """Give the predictions at all lambdas on all tiles to `receive`.

        Args:
            lams: increasing, (points,).
            tiles: gone through as often as need be.
            receive, progress: see there.
        """


class Plain(Method):
    """Runs the network as it is.

    Args:
        state: weights at a lambda.
        predict: outputs with given weights on given inputs.
    """

    name = "plain"

    def __init__(
        self, state: Callable[[float], State], predict: Callable[[State, Tensor], Tensor]
    ) -> None:
        self.state, self.predict = state, predict

    def run(self, lams: Array, tiles: Tiles, receive: Receiver, progress: Progress) -> None:
        """See `Method.run`."""
        for k, lam in enumerate(lams.tolist()):
            state = self.state(lam)
            for number, (inputs, raw) in enumerate(tiles):
                receive(number, raw, k, self.predict(state, inputs)[None])
            progress((k + 1) / len(lams))
