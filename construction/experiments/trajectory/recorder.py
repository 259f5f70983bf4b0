"""Keeps where training goes, while it goes: exactly, or as a random sketch with its error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...arrays import Array
from ...errors import InputError
from ...record.findings import Findings
from .alpha_beta import AlphaBeta, against_the_line, moves


class Recorder:
    """The position of a model after each step of its training, for `trajectory`.

    Exactly, the parameters of every step are kept on the CPU, in their own type. A *sketch* of k
    numbers keeps, instead of n parameters, ``S d`` of each offset d from the start: every entry is
    added, with a random sign, to one of k sums drawn at random (Charikar, Chen and Farach-Colton
    2002). Then ``E <S d, S e> = <d, e>``, with a variance of at most ``|d|^2 |e|^2 / k`` where d
    and e are orthogonal, and that of ``|S d|^2`` is at most ``2 |d|^4 / k``. So alpha, by least
    squares along the sketch of the line, has a standard deviation of ``beta / sqrt(k)``, and beta
    one of ``beta / sqrt(2 k)``, to first order; the lengths of the steps and of the line are exact.

    Args:
        model: whose parameters are recorded, from now on.
        optimizer: whose every step is recorded; without it call the recorder after each step. In
            Lightning, make it in ``configure_optimizers``.
        sketch: k, or None to keep all; 10,000 numbers know alpha to 1 % of beta.
        seed: of the sketch, whose random numbers are its own.

    Raises:
        InputError: no parameters, or a sketch of no numbers.

    >>> model = nn.Linear(1, 1)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> recorder = Recorder(model, optimizer)
    >>> for _ in range(3):
    ...     model(torch.ones(2, 1)).sum().backward()
    ...     optimizer.step()
    >>> recorder.steps
    3
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | None = None,
        *,
        sketch: int | None = None,
        seed: int = 0,
    ) -> None:
        self._parameters = list(model.parameters())
        if not self._parameters or (sketch is not None and sketch < 1):
            raise InputError(
                "a model with parameters, and a sketch of at least one number or None",
                f"{len(self._parameters)} parameters and sketch={sketch}",
                "10,000 numbers are usual.",
            )
        self.sketch, self._kept = sketch, list[Tensor]()
        self._start = self._previous = self._flat()
        self._steps = list[float]()
        if sketch is not None:
            source = torch.Generator().manual_seed(seed)
            size = len(self._start)
            self._sums = torch.randint(sketch, (size,), generator=source)
            self._signs = torch.randint(2, (size,), generator=source, dtype=torch.int8) * 2 - 1
        self._kept.append(self._entry(self._start))
        if optimizer is not None:
            self._hook = optimizer.register_step_post_hook(lambda *_: self())

    @property
    def steps(self) -> int:
        """How many were recorded."""
        return len(self._steps)

    def __call__(self) -> None:
        """Record where the model is now."""
        here = self._flat()
        self._steps.append(_length(here - self._previous))
        self._kept.append(self._entry(here))
        self._previous = here

    def straying(self, strides: Sequence[int]) -> Findings:
        """The trajectory so far, as a part: see `construction.experiments.trajectory.trajectory`.

        Raises:
            InputError: fewer than two steps, or no distance from the first position to the last.
        """
        if self.steps < 2:
            raise InputError("at least two steps of a training", f"{self.steps}", "Record more.")
        rows = [_row(self._kept[k]) for k in (0, -1)]
        positions = against_the_line(map(_row, self._kept), *rows)
        moved = [np.array(self._steps), *moves(map(_row, self._kept), strides[1:])]
        if self.sketch is None:
            return findings_of(positions, moved, len(self._start))
        chord = _length(self._previous - self._start)
        alpha = positions.alpha * (chord / positions.chord)
        found = findings_of(replace(positions, alpha=alpha, chord=chord), moved, len(self._start))
        return found.described(sketch=self.sketch, error=1 / math.sqrt(self.sketch))

    def _flat(self) -> Tensor:
        return torch.cat([one.detach().flatten().cpu() for one in self._parameters])

    def _entry(self, here: Tensor) -> Tensor:
        """What is kept of a position."""
        if self.sketch is None:
            return here
        signed = (here - self._start).double() * self._signs
        return torch.zeros(self.sketch, dtype=torch.float64).index_add_(0, self._sums, signed)


def findings_of(positions: AlphaBeta, moved: Sequence[Array], dimensions: int) -> Findings:
    """A part: see `construction.experiments.trajectory.trajectory`.

    Args:
        positions: against their line.
        moved: lengths of the moves, for each stride.
        dimensions: of each position.
    """
    arrays = {
        "alpha": positions.alpha,
        "beta": positions.beta,
        "step": moved[0],
        "length": np.array([lengths.sum() for lengths in moved]),
    }
    entries = {
        "chord": positions.chord,
        "steps": len(positions.alpha) - 1,
        "solution": positions.solution,
        "dimensions": dimensions,
    }
    return Findings(arrays, entries)


def _length(offset: Tensor) -> float:
    return float(torch.linalg.vector_norm(offset, dtype=torch.float64))


def _row(position: Tensor) -> Array:
    return position.double().numpy()
