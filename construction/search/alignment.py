"""Permutes the hidden units of one network so that they match those of another.

Two networks trained apart differ, in part, by nothing but the order of their units, and the line
between them crosses a barrier that is lower between *aligned* ones (Ainsworth, Hayase and
Srinivasa 2022, arXiv 2209.04836). The aligned network computes the same function.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor, nn

from ..errors import InputError, WeightsError, door
from ..network.states import State, fitted
from ..path.paths import Line

#: Relative gain below which another assignment counts as none, for rounding.
GAIN = 1e-10
#: Most sweeps over all layers; each but the last gains, and few are needed.
SWEEPS = 100
#: Layers that treat every unit, or every map, by itself and all of them alike.
UNITWISE = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d),
    *(nn.Identity, nn.Dropout, nn.Dropout2d),
)


@door()
def aligned(
    model: nn.Module, reference: Mapping[str, Tensor], other: Mapping[str, Tensor]
) -> State:
    """The weights `other`, hidden units permuted so that they match those of `reference`.

    Maximises the inner product of the two, layer by layer with the others held, each an assignment
    problem, until none gains (section 3.2 of the paper). The first sweep goes from inputs to
    outputs and looks at incoming weights alone, chosen here because it finds a permuted copy
    exactly.

    Args:
        model: the architecture: see `unit_axes`.
        reference: weights that stay.
        other: weights to be permuted; running statistics of batch normalisation move along.

    Raises:
        InputError: a model that is not known.
        WeightsError: weights that do not fit the model, or are not finite; or products of theirs.

    >>> from construction.network.networks import mlp
    >>> network = mlp((4, 3, 2))
    >>> own = network.state_dict()
    >>> shuffled = permuted(own, unit_axes(network), {0: torch.tensor([2, 0, 1])})
    >>> torch.equal(aligned(network, own, shuffled)["1.weight"], own["1.weight"])
    True
    """
    axes = unit_axes(model)
    units = {axis.layer: axis.units for axis in axes}
    line = Line(reference, other)  # refuses weights that do not fit each other
    reference, other = (fitted(state, model)[0] for state in line.states)
    parameters = {name for name, _ in model.named_parameters()}
    weights = [axis for axis in axes if axis.name in parameters]
    matched: dict[int, Tensor] = {}

    def score(layer: int) -> Tensor:
        """Inner products of the units' weights; those to layers not yet matched do not count."""
        total = torch.zeros(units[layer], units[layer], dtype=torch.float64)
        for axis in weights:
            others = [side for side in weights if side.name == axis.name and side != axis]
            if axis.layer == layer and all(side.layer in matched for side in others):
                moved = other[axis.name]
                for side in others:
                    moved = side.permuted(moved, matched[side.layer])
                total += (axis.rows(reference[axis.name]) @ axis.rows(moved).T).cpu()
        return total

    for layer in units:
        matched[layer] = _best(score(layer))
    for _ in range(SWEEPS):
        gains = False
        for layer, before in matched.items():
            scores = score(layer)
            after = _best(scores)
            new, old = (float(scores.gather(1, p[:, None]).sum()) for p in (after, before))
            if new > old + GAIN * float(scores.abs().sum()):
                matched[layer], gains = after, True
        if not gains:
            break
    return permuted(other, axes, matched)


def _best(scores: Tensor) -> Tensor:
    """The permutation of the largest sum of scores[k, permutation[k]]."""
    if not torch.isfinite(scores).all():
        raise WeightsError(
            "weights whose products are finite in float64",
            "NaN or infinite ones",
            "Scale both networks down before they are aligned: the permutation stays.",
        )
    return torch.from_numpy(linear_sum_assignment(scores.numpy(), maximize=True)[1])


class UnitAxis(NamedTuple):
    """An axis of a named tensor, and the hidden layer whose `units` lie along it.

    An axis longer than its units has several places a unit, side by side: the pixels of a map that
    was flattened.
    """

    name: str
    dim: int
    layer: int
    units: int

    def permuted(self, value: Tensor, permutation: Tensor) -> Tensor:
        """The tensor, permuted along this axis."""
        places = torch.arange(value.shape[self.dim]).reshape(self.units, -1)
        return value.index_select(self.dim, places[permutation].flatten().to(value.device))

    def rows(self, value: Tensor) -> Tensor:
        """What belongs to each unit, (units, numbers), float64."""
        return value.movedim(self.dim, 0).reshape(self.units, -1).double()


def permuted(
    state: Mapping[str, Tensor], axes: Iterable[UnitAxis], permutations: Mapping[int, Tensor]
) -> State:
    """Weights of the same function: unit k of a layer is what ``permutations[layer][k]`` was."""
    moved = dict(state)
    for axis in axes:
        if axis.layer in permutations:
            moved[axis.name] = axis.permuted(moved[axis.name], permutations[axis.layer])
    return moved


def unit_axes(model: nn.Module) -> list[UnitAxis]:
    """The axes of a chain's weights along which hidden units lie, layer by layer.

    The outputs of a layer may be permuted if what reads them is permuted alike. A chain, as `mlp`
    and `lenet` are, is an `nn.Sequential`, also nested, of linear and convolutional layers, batch
    normalisation, `UNITWISE` ones and flattening. Another kind of module, or one that is used in a
    way not known here, is an InputError.

    >>> from construction.network.networks import mlp
    >>> [axis.name for axis in unit_axes(mlp((4, 3, 2)))]
    ['1.weight', '1.bias', '3.weight']
    """
    axes: list[UnitAxis] = []
    units: list[int] = []
    seen: set[int] = set()
    maps = False  # whether the units are maps of pixels here
    for name, module in model.named_modules(remove_duplicate=False):
        before = f"{name}." if name else ""
        if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) == (1, -1):
            maps = False
        elif type(module) in (nn.Linear, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d):
            _require_own(module, before, seen)
            if isinstance(module, nn.Linear | nn.Conv2d):
                if units and maps != isinstance(module, nn.Conv2d):
                    raise _unknown(f"{name!r}, which does not read the units of the layer before")
                if units:
                    axes.append(UnitAxis(f"{before}weight", 1, len(units) - 1, units[-1]))
                maps = isinstance(module, nn.Conv2d)
                units.append(len(module.weight))
            entries = [entry for entry, value in module.state_dict().items() if value.ndim]
            if units:
                axes += [UnitAxis(before + x, 0, len(units) - 1, units[-1]) for x in entries]
        elif type(module) not in (nn.Sequential, *UNITWISE):
            raise _unknown(f"{name or 'the model'!r}, a {type(module).__name__}")
    outputs = len(units) - 1
    return [axis for axis in axes if axis.layer != outputs]


def _require_own(module: nn.Module, before: str, seen: set[int]) -> None:
    """Refuse entries that are not a layer's own, plain ones."""
    if isinstance(module, nn.Conv2d) and module.groups != 1:
        raise _unknown(f"{before.removesuffix('.')!r}, a convolution in groups")
    for entry, parameter in module.named_parameters():
        if entry not in ("weight", "bias"):
            raise _unknown(f"{before + entry!r}, an entry of another parametrisation")
        if id(parameter) in seen:
            raise _unknown(f"{before + entry!r}, weights that another layer has too")
        seen.add(id(parameter))


def _unknown(reason: str) -> InputError:
    return InputError(
        "a network whose hidden units can be told from its modules: nn.Sequential of linear and "
        "convolutional layers, batch normalisation, activations, pooling and Flatten",
        reason,
        "Write it as one, or permute its units yourself.",
    )
