"""A network along its path, and enclosures of its outputs between any two lambdas of a segment."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import ProofError
from ..forward.forward import MEMORY, Forward
from ..forward.ranks import distributed
from ..loss.catalogue import LOSSES
from ..loss.classification import CrossEntropy
from ..loss.loss import Loss, Weighted
from ..network.evaluation import evaluate, private_copy
from ..path.paths import Polyline
from .enclosure import LONGEST, Enclosure, WeightSpan, where_finite
from .layers import after
from .program import ProgramStep, first_product, read_program, require_scaled, results_of

#: Most samples that are bounded together; chosen here, so few that memory is used again.
TILE = 500
#: Times the activations of a tile at one lambda that are in memory at once: two ends, the radius,
#: the centre, and what a step needs beside them, most of it where many units bend.
ALIVE = 6


class Segment:
    """A network on the straight line between two neighbouring vertices of its path.

    Args:
        steps: of the network.
        start, stop: lambdas of the vertices.
        initial, final: their weights, which count as the exact numbers that they are.

    Attributes:
        weights: all entries at a lambda, ``(1 - tau) initial + tau final``; the last two are kept.
        spans: all entries between two lambdas, in either order.
    """

    def __init__(
        self,
        steps: tuple[ProgramStep, ...],
        start: float,
        stop: float,
        initial: Mapping[str, Tensor],
        final: Mapping[str, Tensor],
    ) -> None:
        self.steps, self.start, self.stop = steps, start, stop
        first, last = (
            {name: value.detach().cpu() for name, value in state.items()}
            for state in (initial, final)
        )

        @lru_cache(maxsize=2)
        def weights(lam: float) -> dict[str, Tensor]:
            tau = (lam - start) / (stop - start)
            if tau <= 0 or tau >= 1:
                return {name: one.double() for name, one in (last if tau > 0 else first).items()}
            return {name: _between(value, last[name], tau) for name, value in first.items()}

        @lru_cache(maxsize=1)
        def spans(left: float, right: float) -> dict[str, WeightSpan]:
            ends = weights(left), weights(right)
            return {
                name: WeightSpan(
                    ends[0][name], ends[1][name], (corner, last[name]), self._radius_type
                )
                for name, corner in first.items()
            }

        self.weights, self.spans = weights, spans
        self._first_product = first_product(steps)
        # A convolution may be computed by methods whose rounding is not that of a plain sum, in
        # float32; in float64 PyTorch's CPU convolutions are plain sums of products.
        convolves = any(step.kind == "convolution" for step in steps)
        long = any(value[0].numel() >= LONGEST for value in first.values() if value.ndim > 1)
        self._radius_type = torch.float64 if convolves or long else torch.float32

    def first_products(self, inputs: Tensor) -> tuple[Tensor, Tensor] | None:
        """The first product at both ends of the segment: in between it is linear in lambda."""
        if self._first_product is None:
            return None
        steps, x = self.steps[: self._first_product + 1], inputs.double()
        start, stop = (results_of(steps, self.weights(end), x) for end in (self.start, self.stop))
        return start[-1], stop[-1]

    def activations(
        self, inputs: Tensor, lam: float, products: tuple[Tensor, Tensor] | None = None
    ) -> list[Tensor]:
        """All activations at a lambda, float64, the outputs last; `first_products` save time."""
        known = {}
        if products is not None and self._first_product is not None:
            share = (lam - self.start) / (self.stop - self.start)
            known[self._first_product] = torch.lerp(*products, share) if share < 1 else products[1]
        return results_of(self.steps, self.weights(lam), inputs.double(), known)

    def enclosure(
        self,
        lams: tuple[float, float],
        left: list[Tensor],
        right: list[Tensor],
        *,
        anchored: bool = False,
    ) -> Enclosure:
        """That of the outputs between two lambdas, of the activations at the left and right one."""
        enclosures: list[Enclosure] = []
        for k, step in enumerate(self.steps):
            ends = left[k], right[k]
            if step.kind == "input":
                error = torch.zeros(len(left[k]), dtype=torch.float64) if anchored else None
                radius = torch.zeros_like(left[k], dtype=self._radius_type)
                enclosures.append(Enclosure(*ends, radius, error))
            else:
                reads = [enclosures[j] for j in step.reads]
                enclosures.append(after(step, reads, ends, self.spans(*lams)))
        return where_finite(enclosures[-1])

    def outputs(self, inputs: Tensor, left: float, right: float) -> Enclosure:
        """The enclosure of the outputs for inputs (samples, ...) between two lambdas.

        >>> from construction.network.networks import mlp
        >>> network, x = mlp((2, 8, 1)).double(), torch.ones(1, 2).double()
        >>> steps = read_program(network, network.state_dict(), x)
        >>> other = mlp((2, 8, 1), seed=1).double().state_dict()
        >>> segment = Segment(steps, 0.0, 1.0, network.state_dict(), other)
        >>> wide, narrow = segment.outputs(x, 0.0, 1.0), segment.outputs(x, 0.0, 0.1)
        >>> bool(narrow.radius < wide.radius / 10)
        True
        """
        ends = self.activations(inputs, left), self.activations(inputs, right)
        return self.enclosure((left, right), *ends)


class Tile:
    """Samples that are bounded together, and what the next interval needs of them again."""

    def __init__(self, inputs: Tensor, targets: Tensor, *, keeps: bool) -> None:
        self.inputs, self.targets, self._keeps = inputs, targets, keeps
        self._exact = inputs.double() if keeps else inputs  # one copy for all that is kept
        self._segment: Segment | None = None
        self._products: tuple[Tensor, Tensor] | None = None
        self._kept: dict[float, list[Tensor]] = {}

    def outputs(self, segment: Segment, left: float, right: float, anchored: bool) -> Enclosure:
        """The outputs' enclosure; the next interval begins at one of its ends, so both are kept."""
        if self._keeps and segment is not self._segment:
            self._segment, self._products = segment, segment.first_products(self._exact)
            self._kept = {}
        ends = {lam: self._kept.pop(lam, None) for lam in (left, right)}
        self._kept = {}  # before more is computed
        known = {
            lam: segment.activations(self._exact, lam, self._products) if end is None else end
            for lam, end in ends.items()
        }
        if self._keeps:
            self._kept = known
        return segment.enclosure((left, right), known[left], known[right], anchored=anchored)


class BoundedNetwork:
    """A network along a path of straight segments, with bounds between any two lambdas.

    The exact numbers meant are the weights of the path's vertices and the data as the solver holds
    them; everything runs on the CPU.

    Args:
        forward: of a constructed path.

    Attributes:
        loss: of the objective.
        steps, segments: of the network, and of its path.
        samples: how many.
        tiles, targets: the samples part by part, and the targets of all, as the loss holds them.

    Raises:
        ProofError: a path, a network, a loss or data of which nothing can be proved.
    """

    def __init__(self, forward: Forward) -> None:
        path, inputs = forward.user_path, forward.data.probe
        if not isinstance(path, Polyline) or type(path).__call__ is not Polyline.__call__:
            raise _refused("a path of straight segments, a Line or a Polyline", type(path).__name__)
        if forward.data.streams or distributed():
            raise ProofError(
                "data held in memory by one process",
                "a loader that is read anew, or several processes",
                "Prove on one process, with memory=... large enough to hold the data.",
            )
        if type(forward.loss) not in {type(make()) for make in LOSSES.values()}:
            raise no_loss_of_ours(forward.loss)
        if not isinstance(inputs, Tensor) or _weighs(forward):
            found = "weights among them" if isinstance(inputs, Tensor) else "several tensors"
            raise _refused("one tensor of inputs, and samples that all count alike", found)
        model, probe = _plain_model(forward), inputs.cpu().double()
        self.loss, self.samples = forward.loss, forward.samples
        self.steps = read_program(model, path(0.0), probe)
        require_scaled(self.steps, forward.rescaled.entries, path(0.0), probe)
        vertices = zip(path.vertices.tolist(), path.states, strict=True)
        self.segments = [
            Segment(self.steps, start, stop, initial, final)
            for (start, initial), (stop, final) in pairwise(vertices)
        ]
        one = self.segments[0].activations(probe[:1], 0.0)
        bytes_each = sum(8 * part.numel() for part in one)
        # kept are the inputs, the rest at both ends, and the first product at both vertices
        storage, first = one[0].untyped_storage().data_ptr(), first_product(self.steps)
        own = [part for part in one if part.untyped_storage().data_ptr() != storage]
        own += [] if first is None else [one[first]]
        kept = 8 * self.samples * (one[0].numel() + 2 * sum(part.numel() for part in own))
        budget = min(forward.memory, MEMORY) // 4  # of the host
        self._tile_size = max(1, min(TILE, budget // (ALIVE * bytes_each)))
        self.tiles: list[Tile] = []
        for batch in zip(forward.data, forward.outputs(0.0), strict=True):
            (inputs, _), (_, targets) = batch
            assert isinstance(inputs, Tensor), "as the probe is"
            parts = (part.cpu().split(self._tile_size) for part in (inputs, targets))
            self.tiles += [Tile(*part, keeps=kept <= budget) for part in zip(*parts, strict=True)]
        self.targets = torch.cat([tile.targets for tile in self.tiles])

    def segment(self, left: float, right: float) -> Segment:
        """The segment on which two lambdas lie."""
        middle = (left + right) / 2
        return next(segment for segment in self.segments if middle <= segment.stop)

    def samples_at(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Inputs and targets by their places in the data."""
        starts = np.cumsum([0, *(len(tile.targets) for tile in self.tiles)])
        places = np.searchsorted(starts, indices, side="right") - 1
        chosen = [
            (self.tiles[tile].inputs[k - starts[tile]], self.tiles[tile].targets[k - starts[tile]])
            for tile, k in zip(places, indices, strict=True)
        ]
        inputs, targets = (torch.stack(part) for part in zip(*chosen, strict=True))
        return inputs, targets

    def rough_outputs(self, segment: Segment, inputs: Tensor, lam: float) -> Tensor:
        """Outputs in float32, to choose by and not to prove with."""
        weights = {name: value.float() for name, value in segment.weights(lam).items()}
        parts = inputs.float().split(self._tile_size)
        return torch.cat([results_of(self.steps, weights, part)[-1] for part in parts])

    def outputs(self, left: float, right: float, *, anchored: bool = False) -> Enclosure:
        """The outputs' enclosure for all samples between two lambdas of one segment."""
        segment = self.segment(left, right)
        parts = [tile.outputs(segment, left, right, anchored) for tile in self.tiles]
        errors = [part.error for part in parts if part.error is not None]
        joined = [
            torch.cat([getattr(part, name) for part in parts])
            for name in ("left", "right", "radius", "centre")
        ]
        error = torch.cat(errors) if anchored else None
        return Enclosure(joined[0], joined[1], joined[2], error, joined[3])


def _between(first: Tensor, last: Tensor, tau: float) -> Tensor:
    """``first + tau (last - first)`` in float64, beside which the vertices need no such copies."""
    begin = first.double()
    return last.double().sub(begin).mul_(tau).add_(begin)


def no_loss_of_ours(loss: Loss) -> ProofError:
    """What is said of a loss whose highest value and growth are not written here."""
    return _refused("a loss of this package", f"{loss.name!r}, of which only values are known")


def _refused(
    expected: str, found: str, remedy: str = "the check at points is what there is"
) -> ProofError:
    return ProofError(expected, found, f"Nothing is proved of others; {remedy}.")


def _weighs(forward: Forward) -> bool:
    """Whether entries or rows have weights, or are left out, or targets are probabilities."""
    loss, raw = forward.loss, forward.data.probe_targets
    if isinstance(loss, CrossEntropy):
        soft = isinstance(raw, Weighted) or raw.is_floating_point()
        return soft or loss.weight is not None or forward.weight != forward.samples
    return isinstance(raw, Weighted) or getattr(loss, "missing", "") == "ignore"


def _plain_model(forward: Forward) -> nn.Module:
    """A copy of the user's model, if it does what its layers say and its outputs are rows."""
    model = private_copy(forward.user_model)
    for name, module in model.named_modules():
        altered = ""
        if module._forward_hooks or module._forward_pre_hooks:
            altered = "a hook on {}, which may change outputs"
        elif "forward" in vars(module) or type(module).__call__ is not nn.Module.__call__:
            altered = "{}, which is called by other means than the forward of its class"
        if altered:
            found = altered.format(repr(name or "the model"))
            remedy = "write what is done there into the forward"
            raise _refused("a network whose layers do what they say", found, remedy)
    shape = evaluate(forward.model, forward.path(0.0), forward.data.probe).shape
    if len(shape) != 2:
        raise _refused("outputs of shape (samples, outputs)", f"{tuple(shape)}")
    return model
