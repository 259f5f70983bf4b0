"""What a proof is about: the network's steps, the segments of its path, and the data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from ..errors import ProofError
from ..forward.forward import Forward
from ..forward.hooks import take_off
from ..forward.ranks import together
from ..network.heads import evaluate, private_copy
from ..path.paths import Polyline
from .bounds import Bounds
from .chord import Chord, Segment
from .program import read_program, trail

#: Most samples that are bounded together; chosen here.
TILE = 1000
#: Times the activations of a tile at one lambda that are in memory at once: two ends, the rest, and
#: what a step needs beside them.
ALIVE = 4


class Subject:
    """A network along a path of straight segments, with bounds between any two lambdas.

    The exact numbers meant are the weights of the path's vertices and the data as the solver holds
    them; everything runs on the CPU.

    Args:
        forward: of a constructed path.

    Attributes:
        loss: of the objective.
        steps: of the network.
        samples: how many.
        tiles: inputs, and targets as the loss holds them.

    Raises:
        ProofError: a path, a network, a loss or data of which nothing can be proved.
    """

    def __init__(self, forward: Forward) -> None:
        path = forward.user_path
        if not isinstance(path, Polyline):
            raise ProofError(
                "a path of straight segments, a Line or a Polyline",
                type(path).__name__,
                "Nothing is proved of another path; the check at points is what there is.",
            )
        if forward.data.streams or together():
            raise ProofError(
                "data held in memory by one process",
                "a loader that is read anew, or several processes",
                "Prove on one process, with memory=... large enough to hold the data.",
            )
        self.loss, self.samples = forward.loss, forward.samples
        probe = forward.data.probe.cpu().double()
        model = private_copy(forward.user_model)
        if forward.hooks_taken:
            take_off(model)
        for name, module in model.named_modules():
            if module._forward_hooks or module._forward_pre_hooks:
                raise ProofError(
                    "a network whose layers do what they say",
                    f"a hook on {name or 'the model'!r} that changes outputs",
                    "Nothing is proved of it; write what the hook does into the forward.",
                )
        shape = evaluate(forward.model, forward.path(0.0), forward.data.probe).shape
        if len(shape) != 2:
            raise ProofError(
                "outputs of shape (samples, outputs)",
                f"{tuple(shape)}",
                "Nothing is proved of other shapes.",
            )
        self.steps = read_program(model, path(0.0), probe)
        corners = list(zip(path.vertices.tolist(), path.states, strict=True))
        self.segments = [
            Segment(start, stop, initial, final)
            for (start, initial), (stop, final) in pairwise(corners)
        ]
        self._bounds = [Bounds(self.steps, segment) for segment in self.segments]
        one = self._bounds[0].ends(probe[:1], 0.0)
        self._room, bytes_each = forward.memory // 4, sum(8 * part.numel() for part in one)
        self._tile = max(1, min(TILE, self._room // (ALIVE * bytes_each)))
        self._keeps = self.samples * bytes_each <= self._room
        self.tiles: list[tuple[Tensor, Tensor]] = []
        for (inputs, _), (_, targets) in zip(forward.data, forward.outputs(0.0), strict=True):
            parts = (inputs.cpu().split(self._tile), targets.cpu().split(self._tile))
            self.tiles += zip(*parts, strict=True)
        self._ends: dict[tuple[int, float], list[Tensor]] = {}
        self._corners: dict[tuple[int, float], tuple[Tensor, Tensor] | None] = {}

    def bounds(self, lam: float, towards: float) -> Bounds:
        """Those of the segment between two lambdas that lie on one."""
        middle = (lam + towards) / 2
        stops = [segment.stop for segment in self.segments]
        return self._bounds[next(k for k, stop in enumerate(stops) if middle <= stop)]

    def samples_at(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Inputs and targets by their places in the data."""
        starts = np.cumsum([0, *(len(targets) for _, targets in self.tiles)])
        tiles = np.searchsorted(starts, indices, side="right") - 1
        places = zip(tiles.tolist(), (np.asarray(indices) - starts[tiles]).tolist(), strict=True)
        rows = [[part[place] for part in self.tiles[tile]] for tile, place in places]
        inputs, targets = (torch.stack(part) for part in zip(*rows, strict=True))
        return inputs, targets

    def glance(self, inputs: Tensor, lam: float, towards: float) -> Tensor:
        """Outputs in float32, to choose by and not to prove with."""
        weights = self.bounds(lam, towards).segment.weight

        def coarse(name: str) -> Tensor:
            return weights(name, lam).float()

        parts = inputs.float().split(self._tile)
        return torch.cat([trail(self.steps, coarse, part)[-1] for part in parts])

    @property
    def targets(self) -> Tensor:
        """Of all samples."""
        return torch.cat([targets for _, targets in self.tiles])

    def outputs(self, left: float, right: float, *, anchored: bool = False) -> Chord:
        """The outputs' chord of all samples between two lambdas of one segment, in either order.

        The activations at the right end are kept until asked for at another lambda.
        """
        bounds, parts = self.bounds(left, right), []
        for k, (inputs, _) in enumerate(self.tiles):
            ends = [self._ends.pop((k, lam), None) for lam in (left, right)]
            for place, lam in enumerate((left, right)):
                if ends[place] is None:
                    ends[place] = bounds.ends(inputs, lam, self._corner(k, bounds))
            first, second = ends
            assert first is not None
            assert second is not None
            parts.append(bounds.between((left, right), first, second, anchored=anchored))
            self._keep(k, right, second)
        error = torch.cat([part.error for part in parts if part.error is not None] or [_NONE])
        return Chord(
            torch.cat([part.left for part in parts]),
            torch.cat([part.right for part in parts]),
            torch.cat([part.rest for part in parts]).double(),
            error if anchored else None,
        )

    def _corner(self, tile: int, bounds: Bounds) -> tuple[Tensor, Tensor] | None:
        """The first product of a tile at both ends of its segment, kept for one segment."""
        if not self._keeps:
            return None
        key = tile, bounds.segment.start
        if key not in self._corners:
            for old in [old for old in self._corners if old[1] != key[1]]:
                del self._corners[old]
            self._corners[key] = bounds.corners(self.tiles[tile][0])
        return self._corners[key]

    def _keep(self, tile: int, lam: float, activations: list[Tensor]) -> None:
        if self._keeps:
            for key in [key for key in self._ends if key[0] == tile and key[1] != lam]:
                del self._ends[key]
            self._ends[tile, lam] = activations


_NONE = torch.zeros(0, dtype=torch.float64)
