"""Which method serves: the cheapest that is exact for this network, this path and so many lambdas.

What a method avoids is counted in operations, as a forward pass on the probe shows them; a method
serves when it avoids enough, and after it gave the same outputs as the network itself on the probe.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..arrays import Array
from ..errors import InputError
from ..network.heads import evaluate, run
from ..path.paths import Curve, Path, Polyline
from .beginning import Beginning, beginning_of
from .first_layer import FirstLayer
from .flips import Flips
from .method import Plain, Room, Served

#: Operations, 2 a product, below which nothing is gained by another method than the plain one; and
#: which one pre-activation must take for its interpolation, 3 numbers in memory, to be cheaper.
#: Measured here: a few tenths of a second, and the balance of products and memory of a CPU.
ENOUGH, INTERPOLATED = 2e10, 16
#: Lambdas on a segment from which on following its flips is cheaper: the products at its start take
#: as much as two or three lambdas do, and the rows of all its flips as much as a few more.
FLIPS = 16
#: Deviation from the network's outputs on the probe at a lambda, in roundings of the largest there;
#: chosen here, as products in another order differ by tens.
ROUNDINGS = 1000


class Choice:
    """Finds the method for a network on a path; what it learns of the network is kept.

    Args:
        model: a private copy, in evaluation mode.
        path: on the device and in the type of the forward pass.
        head: name of the last layer.
        probe: a few inputs.
        plain: the method that always serves.
        memory: bytes that a tile on its way may take.
        refused: why nothing else may serve, or None.
    """

    def __init__(
        self,
        model: nn.Module,
        path: Path,
        head: str,
        probe: Tensor,
        plain: Plain,
        memory: int = 2**30,
        refused: str | None = None,
    ) -> None:
        self.model, self.path, self.head, self.probe = model, path, head, probe
        self.plain, self.memory, self.refused = plain, memory, refused
        self._rooms: dict[type[Room], Room | str] = {}
        self._beginning: Beginning | None = None
        self._cost: int | None = None

    def room(self, lams: Array, samples: int) -> tuple[Room, Served]:
        """The method for these lambdas and so many samples, and why."""
        room, why = self._room(lams, samples)
        return room, Served(room.name, why)

    def _room(self, lams: Array, samples: int) -> tuple[Room, str]:
        if self.refused:
            return self.plain, self.refused
        if not isinstance(self.path, Curve):
            return self.plain, "the path is a callable, of whose shape nothing is known"
        if (np.diff(lams) < 0).any():
            return self.plain, "the lambdas do not increase"
        work = self.cost * len(lams) * samples
        if work < ENOUGH:
            return self.plain, f"{work:.1e} operations in all are too few for more to pay"
        found = self.beginning
        if found.first is None:
            return self.plain, found.why
        if self._draws():
            return self.plain, "random numbers are drawn"
        reasons: list[str] = []
        for build in (self._flips, self._first_layer):
            room, why = build(found, lams)
            if room is not None:
                return room, "; ".join([why, *reasons])
            reasons.append(why)
        return self.plain, "; ".join(reasons)

    @property
    def cost(self) -> int:
        """Operations of a forward pass a sample, 2 a product; of matrix products and convolutions.

        >>> from construction.network.networks import mlp
        >>> network, probe = mlp((4, 5, 2)), torch.zeros(3, 4)
        >>> Choice(network, network.state_dict, "3", probe, None).cost
        60
        """
        if self._cost is None:
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                evaluate(self.model, self.model.state_dict(), self.probe)
            self._cost = counter.get_total_flops() // len(self.probe)
        return self._cost

    @property
    def beginning(self) -> Beginning:
        """The network's first layers."""
        if self._beginning is None:
            assert isinstance(self.path, Curve), "asked of curves alone"
            self._beginning = beginning_of(self.model, self.path.states, self.head, self.probe)
        return self._beginning

    def _draws(self) -> bool:
        """Whether the network draws random numbers of PyTorch's, also in evaluation mode."""
        before = torch.get_rng_state()
        with torch.no_grad():
            run(self.model, self.plain.state(0.0), self.probe)
        drawn = not torch.equal(torch.get_rng_state(), before)
        torch.set_rng_state(before)
        return drawn

    def _flips(self, found: Beginning, lams: Array) -> tuple[Room | None, str]:
        path, first, second = self.path, found.first, found.second
        assert first is not None, "decided before"
        if found.kinks is None or second is None:
            return None, "its first two layers are not fully connected ones with kinks between"
        if not isinstance(path, Polyline):
            return None, "flips are followed on straight segments"
        if self.probe.device.type != "cpu":
            return None, "flips are followed on a CPU"
        segments = len({path.position(lam)[0] for lam in lams.tolist()})
        if len(lams) < FLIPS * segments:
            return None, f"fewer than {FLIPS} lambdas a segment"
        if first.cost + second.cost < self.cost / 10:
            return None, "its first two layers take less than a tenth of its operations"
        room = self._checked(Flips, lambda: Flips(self.model, path, found, self.head, self.memory))
        if isinstance(room, str):
            return None, room
        share = (first.cost + second.cost) / self.cost
        return room, (
            f"two fully connected layers with {len(found.kinks.at)} kink between, "
            f"{share:.0%} of the operations"
        )

    def _first_layer(self, found: Beginning, lams: Array) -> tuple[Room | None, str]:
        path, first = self.path, found.first
        assert first is not None, "decided before"
        assert isinstance(path, Curve), "decided before"
        products = len({k for lam in lams.tolist() for k in path.shares(lam)})
        if first.cost < INTERPOLATED * first.units:
            return None, "its first layer takes fewer operations an output than interpolation costs"
        if 2 * products > len(lams):
            return None, "hardly fewer products than lambdas"
        room = self._checked(FirstLayer, lambda: FirstLayer(self.model, path, first.name))
        if isinstance(room, str):
            return None, room
        return room, (
            f"{products} products of its first layer for {len(lams)} lambdas, "
            f"{first.cost / self.cost:.0%} of the operations"
        )

    def _checked(self, kind: type[Room], build: Callable[[], Room]) -> Room | str:
        """The method, or why its outputs on the probe are not the network's."""
        if kind not in self._rooms:
            self._rooms[kind] = self._compared(kind.name, build)
        return self._rooms[kind]

    def _compared(self, name: str, build: Callable[[], Room]) -> Room | str:
        assert isinstance(self.path, Curve), "decided before"
        lams = self.path.grid(2 * len(self.path.states) + 1)
        wanted = _outputs(self.plain, lams, self.probe)
        try:
            room = build()
            found = _outputs(room, lams, self.probe)
        except InputError as error:  # the network's own error, run in parts
            return f"no {name}, which needs {error.expected}; found {error.found}"
        if found.shape != wanted.shape:
            return f"{name} gives outputs of another shape"
        largest, off = (x.abs().flatten(1).amax(1) for x in (wanted, found - wanted))
        allowed = ROUNDINGS * torch.finfo(wanted.dtype).eps * largest
        return room if (off <= allowed).all() else f"{name} would be off by {float(off.max()):.1e}"


def _outputs(room: Room, lams: Array, inputs: Tensor) -> Tensor:
    """Predictions at all lambdas, (lambdas, samples, ...)."""
    found: list[Any] = [None] * len(lams)

    def take(_: int, __: Tensor, first: int, predictions: Tensor) -> None:
        for offset, one in enumerate(predictions):
            found[first + offset] = one.clone()

    room.run(lams, [(inputs, inputs)], take, lambda _: None)
    return torch.stack(found)
