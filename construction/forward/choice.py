"""Which method serves: the cheapest that is exact for this network, this path and so many lambdas.

What a method avoids is counted in operations, as a forward pass on the probe shows them; a method
serves when it avoids enough, and after it gave the same outputs as the network itself on the probe.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..arrays import Array
from ..errors import InputError
from ..loss.loss import Raw
from ..network.evaluation import Inputs, evaluate, tensors_of
from ..path.paths import Curve, Path, Polyline
from .batch_norm import normalises_tiles
from .first_layers import FirstLayers, first_layers_of
from .flips import Flips, loops
from .method import Interpolated, Method, Plain, Served
from .precision import equal_to_rounding

#: Operations, 2 a product, below which nothing is gained by another method than the plain one; and
#: which one pre-activation must take for its interpolation, 3 numbers in memory, to be cheaper.
#: Measured here: a few tenths of a second, and the balance of products and memory of a CPU.
ENOUGH, INTERPOLATED = 2e10, 16
#: Lambdas on a segment from which on following its flips is cheaper: the products at its start take
#: as much as two or three lambdas do, and the rows of all its flips as much as a few more.
FLIPS = 16
#: Where flips are sorted, products at the start and the rows of all flips, in products of the
#: second layer: 3, and 2 x 2 multiply-adds an entry of a row if half of the units flip, each of
#: which, read from memory, counts for ten. On paper: nobody has measured it on a GPU.
SORTED = 3 + 2 * 10

#: What makes a method, and why it would serve; or why it does not suit.
Candidate = tuple[Callable[[], Method] | None, str]


@dataclass(eq=False)
class Choice:
    """Finds the method for a network on a path; what it learns of the network is kept.

    Attributes:
        model: a private copy, in evaluation mode.
        path: on the device and in the type of the forward pass.
        head: name of the last layer.
        probe: a few inputs.
        plain: the method that always serves.
        memory: bytes that a tile on its way may take.
        refused: why nothing else may serve, or None.
        verified: by name: methods that gave the network's own outputs on the probe, or why not.
    """

    model: nn.Module
    path: Path
    head: str
    probe: Inputs
    plain: Plain
    memory: int = 2**30
    refused: str | None = None
    verified: dict[str, Method | str] = field(default_factory=dict)

    def method(self, lams: Array, samples: int) -> tuple[Method, Served]:
        """The method for these lambdas and so many samples, and why."""
        layers = self._layers_to_build_on(lams, samples)
        if isinstance(layers, str):
            return self.plain, Served(self.plain.name, layers)
        reasons: list[str] = []
        for name, candidate in ((Flips.name, self._flips), (Interpolated.name, self._interpolated)):
            build, why = candidate(layers, lams)
            if build is not None:
                if name not in self.verified:
                    self.verified[name] = self._compared(name, build)
                method = self.verified[name]
                if isinstance(method, Method):
                    return method, Served(name, "; ".join([why, *reasons]))
                why = method
            reasons.append(why)
        return self.plain, Served(self.plain.name, "; ".join(reasons))

    def _layers_to_build_on(self, lams: Array, samples: int) -> FirstLayers | str:
        """The network's first layers, or why no other method than the plain one is tried."""
        if self.refused:
            return self.refused
        if not isinstance(self.path, Curve):
            return "the path is a callable, of whose shape nothing is known"
        if (np.diff(lams) < 0).any():
            return "the lambdas do not increase"
        if not self.cost:
            return "its operations cannot be counted"
        work = self.cost * len(lams) * samples
        if work < ENOUGH:
            return f"{work:.1e} operations in all are too few for more to pay"
        return self.layers

    @cached_property
    def cost(self) -> int:
        """Operations of a forward pass a sample, 2 a product; of matrix products and convolutions.

        0 where they cannot be counted, as of a network that differentiates inside.

        >>> from construction.network.networks import mlp
        >>> network, probe = mlp((4, 5, 2)), torch.zeros(3, 4)
        >>> Choice(network, network.state_dict, "3", probe, None).cost
        60
        """
        try:
            with FlopCounterMode(display=False) as counter, torch.no_grad():
                evaluate(self.model, self.model.state_dict(), self.probe)
        except InputError:  # it ran before, without the counter
            return 0
        return int(counter.get_total_flops()) // len(self.probe)

    @cached_property
    def layers(self) -> FirstLayers | str:
        """The network's first layers, or why there is none to build on."""
        assert isinstance(self.path, Curve), "asked of curves alone"
        if not isinstance(self.probe, Tensor):
            return "its inputs are not one tensor"
        try:
            return first_layers_of(self.model, self.path.states, self.head, self.probe)
        except InputError:  # it ran before, without watchers
            return "its layers cannot be watched at work"

    def _flips(self, layers: FirstLayers, lams: Array) -> Candidate:
        path, first, second = self.path, layers.first, layers.second
        if second is None:
            return None, "its first two layers are not fully connected ones with a ReLU between"
        if not isinstance(path, Polyline):
            return None, "flips are followed on straight segments"
        fewest = FLIPS
        if not loops(tensors_of(self.probe)[0].device):
            fewest = 1 + (2 * first.cost + SORTED * second.cost) // (first.cost + second.cost)
        if len(lams) < fewest * len({path.position(lam)[0] for lam in lams.tolist()}):
            return None, f"fewer than {fewest} lambdas a segment"
        share = (first.cost + second.cost) / self.cost
        if share < 0.1:
            return None, "its first two layers take less than a tenth of its operations"
        why = f"two fully connected layers with a ReLU between, {share:.0%} of the operations"
        return partial(Flips, self.model, path, layers, self.head, self.memory), why

    def _interpolated(self, layers: FirstLayers, lams: Array) -> Candidate:
        path, first = self.path, layers.first
        assert isinstance(path, Curve), "decided before"
        products = len({k for lam in lams.tolist() for k in path.shares(lam)})
        if first.cost < INTERPOLATED * first.units:
            return None, "its first layer takes fewer operations an output than interpolation costs"
        if 2 * products > len(lams):
            return None, "hardly fewer products than lambdas"
        why = (
            f"{products} products of its first layer for {len(lams)} lambdas, "
            f"{first.cost / self.cost:.0%} of the operations"
        )
        return partial(Interpolated, self.model, path, first.name), why

    def _compared(self, name: str, build: Callable[[], Method]) -> Method | str:
        """The method, or how its outputs on the probe differ from the network's."""
        assert isinstance(self.path, Curve), "decided before"
        lams = self.path.grid(2 * len(self.path.states) + 1)
        wanted = _outputs(self.plain, lams, self.probe)
        try:
            method = build()
            outputs = _outputs(method, lams, self.probe)
        except InputError as error:  # the network's own error, run in parts
            return f"no {name}, which needs {error.expected}; found {error.found}"
        if not wanted.isfinite().all():
            return f"outputs are not finite, so {name} cannot be compared"
        if outputs.shape != wanted.shape:
            return f"{name} gives outputs of another shape"
        if all(map(equal_to_rounding, wanted, outputs)):
            return method
        return f"{name} would be off by {float((outputs - wanted).abs().max()):.1e}"


def only_plain(model: nn.Module) -> str | None:
    """Why only the plain method may serve a network, if so."""
    if normalises_tiles(model):
        return "batches are normalised by their own statistics"
    if any(one._forward_hooks or one._forward_pre_hooks for one in model.modules()):
        return "hooks may take part in what the model computes"
    return None


def _outputs(method: Method, lams: Array, inputs: Inputs) -> Tensor:
    """Predictions at all lambdas, (lambdas, samples, ...)."""
    outputs: list[Any] = [None] * len(lams)

    def receive(_: int, __: Raw, first: int, predictions: Tensor) -> None:
        outputs[first : first + len(predictions)] = predictions.clone()

    method.run(lams, [(inputs, torch.empty(0))], receive, lambda _: None)
    return torch.stack(outputs)
