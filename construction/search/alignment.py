"""Permutes the hidden units of one network so that they match those of another.

Two networks trained apart differ, in part, by nothing but the order of their units, and the line
between them crosses a barrier that is lower between *aligned* ones (Ainsworth, Hayase and
Srinivasa 2022, arXiv 2209.04836). The aligned network computes the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from ..errors import InputError
from ..forward.samples import Data
from ..forward.user_model import check_fits
from ..network.heads import State
from ..path.paths import Line
from .correlation import correlations
from .symmetry import Permutations, Symmetry, symmetry_of

Method = Literal["weights", "activations"]
#: Relative gain below which another assignment counts as none, for rounding.
GAIN = 1e-10
#: Most sweeps over all groups; each but the last gains, and few are needed.
SWEEPS = 100


def aligned(
    model: nn.Module,
    reference: Mapping[str, Tensor],
    other: Mapping[str, Tensor],
    data: Data | None = None,
    method: Method = "weights",
) -> State:
    """The weights `other`, hidden units permuted so that they match those of `reference`.

    "weights": maximises the inner product of the two, group by group with the other groups held,
    each an assignment problem, until none gains (section 3.2 of the paper). The first sweep goes
    from inputs to outputs and looks at incoming weights alone, chosen here because it finds a
    permuted copy exactly. "activations": maximises the correlations of matched units over the data,
    summed over the layers that read them (section 3.1; Li et al. 2015, arXiv 1511.07543).

    Args:
        model: the architecture, of the layers that `construction.search.symmetry` knows.
        reference: weights that stay.
        other: weights to be permuted; running statistics of batch normalisation move along.
        data: for "activations"; its targets are not looked at.
        method: "weights" or "activations".

    Raises:
        InputError: an unknown method, activations without data, or a model that is not known.
        WeightsError: weights that do not fit the model, or are not finite.

    >>> from construction.network.networks import mlp
    >>> network = mlp((4, 3, 2))
    >>> own = network.state_dict()
    >>> shuffled = symmetry_of(network).permuted(own, {0: torch.tensor([2, 0, 1])})
    >>> torch.equal(aligned(network, own, shuffled)["1.weight"], own["1.weight"])
    True
    """
    if method not in ("weights", "activations"):
        raise InputError("the method 'weights' or 'activations'", repr(method), "Use one of them.")
    symmetry = symmetry_of(model)
    line = Line(reference, other)  # refuses weights that do not fit each other
    check_fits(model, line(0))
    if method == "weights":
        return symmetry.permuted(other, _by_weights(model, symmetry, reference, other))
    if data is None:
        raise InputError(
            "data on which activations are compared", "none", "Pass data, or method='weights'."
        )
    scores = correlations(model, symmetry, reference, other, data)
    return symmetry.permuted(other, {group: _best(score) for group, score in scores.items()})


def _by_weights(
    model: nn.Module,
    symmetry: Symmetry,
    reference: Mapping[str, Tensor],
    other: Mapping[str, Tensor],
) -> Permutations:
    """Coordinate ascent on the inner product of the parameters."""
    parameters = {name for name, _ in model.named_parameters()}
    found: dict[int, Tensor] = {}

    def score(group: int) -> Tensor:
        """Inner products of the units' weights; those to groups not yet matched do not count."""
        units = symmetry.units[group]
        total = torch.zeros(units, units, dtype=torch.float64)
        for axis in symmetry.axes:
            if axis.name not in parameters or group not in axis.groups:
                continue
            rest = [side for side in symmetry.axes if side.name == axis.name and side != axis]
            if all(side.groups <= found.keys() for side in rest):
                moved = other[axis.name]
                for side in rest:
                    moved = side.permuted(moved, found)
                total += (axis.rows(reference[axis.name], group) @ axis.rows(moved, group).T).cpu()
        return total

    for group in symmetry.units:
        found[group] = _best(score(group))
    for _ in range(SWEEPS):
        gains = False
        for group, before in found.items():
            scores = score(group)
            after = _best(scores)
            if _sum(scores, after) > _sum(scores, before) + GAIN * float(scores.abs().sum()):
                found[group], gains = after, True
        if not gains:
            break
    return found


def _best(scores: Tensor) -> Tensor:
    """The permutation of the largest sum of scores[k, permutation[k]]."""
    return torch.from_numpy(linear_sum_assignment(scores.numpy(), maximize=True)[1])


def _sum(scores: Tensor, permutation: Tensor) -> float:
    return float(scores.gather(1, permutation[:, None]).sum())
