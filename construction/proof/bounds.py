"""Chords of a network's outputs between two lambdas of a segment, for some samples."""

from __future__ import annotations

import torch
from torch import Tensor

from .chord import Chord, Segment, Span
from .layers import through
from .program import Step, first_product, trail


class Bounds:
    """Bounds of a network on one segment of the base path.

    Args:
        steps: of the network.
        segment: of the path.
    """

    def __init__(self, steps: tuple[Step, ...], segment: Segment) -> None:
        self.steps, self.segment = steps, segment
        # A convolution may be computed by methods whose rounding is not that of a plain sum, in
        # float32; in float64 PyTorch's CPU convolutions are plain sums of products.
        self.first = first_product(steps)
        convolves = any(step.kind == "convolution" for step in steps)
        self.kind = torch.float64 if convolves else torch.float32

    def corners(self, inputs: Tensor) -> tuple[Tensor, Tensor] | None:
        """The first product at both ends of the segment: in between it is linear in lambda."""
        if self.first is None:
            return None
        steps, segment, x = self.steps[: self.first + 1], self.segment, inputs.double()
        start = trail(steps, lambda name: segment.weight(name, segment.start), x)[-1]
        return start, trail(steps, lambda name: segment.weight(name, segment.stop), x)[-1]

    def ends(
        self, inputs: Tensor, lam: float, corners: tuple[Tensor, Tensor] | None = None
    ) -> list[Tensor]:
        """All activations at a lambda, float64, for inputs (samples, ...)."""
        known = {}
        if corners is not None and self.first is not None:
            segment = self.segment
            share = (lam - segment.start) / (segment.stop - segment.start)
            known[self.first] = torch.lerp(*corners, share) if share < 1 else corners[1]
        return trail(
            self.steps, lambda name: self.segment.weight(name, lam), inputs.double(), known
        )

    def between(
        self,
        lams: tuple[float, float],
        left: list[Tensor],
        right: list[Tensor],
        *,
        anchored: bool = False,
    ) -> Chord:
        """The outputs' chord between two lambdas, in either order, whose `ends` are known.

        Args:
            lams: of the left and the right end.
            left, right: what `ends` gives there.
            anchored: whether the bound shall vanish at the left end.
        """

        def span(name: str) -> Span:
            return self.segment.span(name, *lams)

        chords: list[Chord] = []
        for k, step in enumerate(self.steps):
            ends = left[k], right[k]
            if step.kind == "input":
                none = torch.zeros(len(left[k]), dtype=torch.float64) if anchored else None
                chords.append(Chord(*ends, torch.zeros_like(left[k], dtype=self.kind), none))
            else:
                chords.append(through(step, [chords[j] for j in step.reads], ends, span))
        return chords[-1]

    def outputs(self, inputs: Tensor, start: float, stop: float) -> Chord:
        """The outputs' chord of inputs (samples, ...) between two lambdas.

        >>> from construction.network.networks import mlp
        >>> from construction.proof.program import read_program
        >>> network, x = mlp((2, 8, 1)).double(), torch.ones(1, 2).double()
        >>> steps = read_program(network, network.state_dict(), x)
        >>> other = mlp((2, 8, 1), seed=1).double().state_dict()
        >>> bounds = Bounds(steps, Segment(0.0, 1.0, network.state_dict(), other))
        >>> wide, narrow = bounds.outputs(x, 0.0, 1.0), bounds.outputs(x, 0.0, 0.1)
        >>> bool(narrow.rest < wide.rest / 10)
        True
        """
        return self.between((start, stop), self.ends(inputs, start), self.ends(inputs, stop))
