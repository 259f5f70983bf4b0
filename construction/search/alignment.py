"""Permutes the hidden units of one network so that they match those of another.

Two networks trained apart differ, in part, by nothing but the order of their units, and the line
between them crosses a barrier that is lower between *aligned* ones (Ainsworth, Hayase and
Srinivasa 2022, arXiv 2209.04836). The aligned network computes the same function.
"""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from ..errors import InputError, WeightsError
from ..forward.batches import Data
from ..forward.forward import MEMORY
from ..forward.ranks import summed_over_ranks
from ..forward.samples import Samples
from ..network.evaluation import evaluate, private_copy
from ..network.states import State, fitted
from ..path.paths import Line
from .symmetry import Permutations, Symmetry, UnitAxis, symmetry_of

Method = Literal["weights", "activations"]
#: Relative gain below which another assignment counts as none, for rounding.
GAIN = 1e-10
#: Most sweeps over all groups; each but the last gains, and few are needed.
SWEEPS = 100
#: Samples whose activations in all layers are in memory together. Chosen here.
TILE = 50
#: Share of the mean square below which a variance is rounding, and the unit counts as constant.
CONSTANT = 1e-12


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
        WeightsError: weights that do not fit the model, or are not finite; or products of theirs.

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
    reference, other = (fitted(state, model)[0] for state in line.states)
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
    matched: dict[int, Tensor] = {}

    def score(group: int) -> Tensor:
        """Inner products of the units' weights; those to groups not yet matched do not count."""
        units = symmetry.units[group]
        total = torch.zeros(units, units, dtype=torch.float64)
        for axis in symmetry.axes:
            if axis.name not in parameters or group not in axis.groups:
                continue
            others = [side for side in symmetry.axes if side.name == axis.name and side != axis]
            if all(side.groups <= matched.keys() for side in others):
                moved = other[axis.name]
                for side in others:
                    moved = side.permuted(moved, matched)
                total += (axis.rows(reference[axis.name], group) @ axis.rows(moved, group).T).cpu()
        return total

    for group in symmetry.units:
        matched[group] = _best(score(group))
    for _ in range(SWEEPS):
        gains = False
        for group, before in matched.items():
            scores = score(group)
            after = _best(scores)
            if _sum(scores, after) > _sum(scores, before) + GAIN * float(scores.abs().sum()):
                matched[group], gains = after, True
        if not gains:
            break
    return matched


def _best(scores: Tensor) -> Tensor:
    """The permutation of the largest sum of scores[k, permutation[k]].

    Raises:
        WeightsError: scores that are not finite.
    """
    if not torch.isfinite(scores).all():
        raise WeightsError(
            "weights whose products, and activations whose squares, are finite in float64",
            "NaN or infinite ones",
            "Scale both networks down before they are aligned: the permutation stays.",
        )
    return torch.from_numpy(linear_sum_assignment(scores.numpy(), maximize=True)[1])


def _sum(scores: Tensor, permutation: Tensor) -> float:
    return float(scores.gather(1, permutation[:, None]).sum())


def correlations(
    model: nn.Module,
    symmetry: Symmetry,
    first: Mapping[str, Tensor],
    second: Mapping[str, Tensor],
    data: Data,
) -> dict[int, Tensor]:
    """Correlations of the units of the first network with those of the second, by group.

    Taken where a layer reads them, over samples and pixels, and summed over the layers that do; 0
    where a unit is constant.

    Args:
        model: the architecture.
        symmetry: its groups.
        first, second: weights.
        data: only its inputs count.

    Returns:
        (units of the first, units of the second) float64 on the CPU, for each group.
    """
    like = first[symmetry.axes[0].name]
    samples = Samples(data, like.device, like.dtype, MEMORY // 4)
    samples.divide(TILE)
    runner = private_copy(model).to(like.device, like.dtype)
    read: dict[str, Tensor] = {}
    for reader in symmetry.readers:
        runner.get_submodule(reader.name).register_forward_pre_hook(_note(read, reader.name))
    sums: dict[tuple[UnitAxis, int], list[Tensor]] = {}
    with torch.no_grad():
        for inputs, _ in samples:
            both = []
            for state in (first, second):
                evaluate(runner, state, inputs)
                both.append(dict(read))
            for reader in symmetry.readers:
                for group in reader.groups:
                    own = _sums(*(reader.rows(values[reader.name], group) for values in both))
                    before = sums.get((reader, group), [torch.zeros_like(part) for part in own])
                    sums[reader, group] = [
                        one + other for one, other in zip(before, own, strict=True)
                    ]
    by_group: dict[int, Tensor] = {}
    for (_, group), total in sums.items():
        by_group[group] = by_group.get(group, 0) + _correlation(*map(summed_over_ranks, total))
    return by_group


def _note(read: dict[str, Tensor], name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
    return lambda _, inputs: read.update({name: inputs[0]})


def _sums(*both: Tensor) -> list[Tensor]:
    """Number, sums, squares and products of the values of two networks, (units, values) each."""
    first, second = both
    squares = torch.stack([values.square().sum(1) for values in both])
    count = squares.new_tensor(first.shape[1])
    return [count, torch.stack([values.sum(1) for values in both]), squares, first @ second.T]


def _correlation(*sums: Tensor) -> Tensor:
    """(units, units), on the CPU, of what `_sums` returns."""
    count, total, squares, products = (part.cpu() for part in sums)
    means = total / count
    variance = squares / count - means.square()
    constant = variance <= CONSTANT * squares / count
    spread = torch.where(constant, torch.inf, variance.sqrt())
    covariance = products / count - means[0].outer(means[1])
    correlation: Tensor = covariance / spread[0].outer(spread[1])
    return correlation
