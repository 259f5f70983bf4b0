"""One forward pass a lambda: the method for any network and any path."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ..network.heads import State
from ..sheet.sheet import Array
from .room import Progress, Room, Take, Tiles


class Plain(Room):
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

    def run(self, lams: Array, tiles: Tiles, take: Take, done: Progress) -> None:
        """See `Room.run`."""
        for k, lam in enumerate(lams.tolist()):
            state = self.state(lam)
            for number, (inputs, raw) in enumerate(tiles):
                take(number, raw, k, self.predict(state, inputs)[None])
            done((k + 1) / len(lams))
