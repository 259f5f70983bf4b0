"""Directions in weight space, the plane that two of them span, and what is projected into it.

Two pairs of directions of Li et al. 2018 (arXiv 1712.09913): random ones, normalised filter by
filter (section 4), and the first two principal ones of a trajectory (section 7.2). Directions have
entries for the parameters alone; running statistics are no coordinates of the plane.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ...arrays import Array
from ...errors import InputError, WeightsError, require_one_of, require_points
from ...network.states import State, ties_of

#: What of a random direction has the norm of the same part of the weights.
Normalise = Literal["filter", "layer"]
#: Share of the largest singular value below which a second one is rounding. Chosen here: the Gram
#: matrix squares the values, and float64 has 16 digits.
RANK = 1e-7
#: Shares of the trajectory's principal directions that are kept in the manifest.
SHARES = 5
MORE = "Keep more of them while training, or take random directions."


def parameters_of(model: nn.Module, state: Mapping[str, Tensor]) -> State:
    """The entries of a state dict that are parameters of the model, each once.

    >>> norm = nn.BatchNorm1d(2)
    >>> list(parameters_of(norm, norm.state_dict()))
    ['weight', 'bias']
    """
    return {name: state[name] for name, _ in model.named_parameters()}


def random_direction(
    weights: Mapping[str, Tensor], seed: int, normalise: Normalise | None = "filter"
) -> State:
    """A random direction with the filter norms of the weights.

    Gaussian entries d, then ``d_ij <- d_ij ||theta_ij|| / ||d_ij||`` for the j-th filter of the
    i-th layer, norms being Frobenius's (Li et al., section 4). A filter is what belongs to one
    output of a layer: ``weight[j]`` of a convolution (outputs, inputs, height, width) and, as they
    have it too, of a linear layer (outputs, inputs). Entries of one dimension, which are biases and
    those of batch normalisation, are 0.

    Args:
        seed: of the Gaussian entries, which do not depend on the weights nor on the device.
        normalise: "filter"; "layer", one norm for all filters of a layer; or None, entries as they
            are drawn, those of one dimension too. Another word is an InputError.

    >>> weights = {"weight": torch.tensor([[3.0, 4.0]]), "bias": torch.ones(1)}
    >>> direction = random_direction(weights, seed=0)
    >>> round(float(direction["weight"].norm()), 5), direction["bias"].tolist()
    (5.0, [0.0])
    """
    if normalise is not None:
        require_one_of(("filter", "layer"), normalise, "normalise as None, or")
    generator = torch.Generator().manual_seed(seed)
    direction: State = {}
    for name, weight in weights.items():
        if weight.ndim < 2 and normalise:
            direction[name] = torch.zeros_like(weight)
            continue
        drawn = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
        if normalise:
            over = tuple(range(1 if normalise == "filter" else 0, weight.ndim))
            own, norms = (
                torch.linalg.vector_norm(one, dim=over, keepdim=True)
                for one in (drawn, weight.detach().double().cpu())
            )
            drawn *= norms / own
        direction[name] = drawn.to(weight)
    return direction


class Projected(NamedTuple):
    """The nearest points of a plane to some weights.

    Attributes:
        place: their coordinates on the plane, (points, 2).
        distance, length: of the weights from the plane, and from its centre, (points,).
    """

    place: Array
    distance: Array
    length: Array

    @property
    def share(self) -> float:
        """``1 - sum distance^2 / sum length^2``; 1 where all points are the centre.

        Shares of variance of a principal component analysis about the centre add up to it.
        """
        whole = float(np.square(self.length).sum())
        return 1.0 - float(np.square(self.distance).sum()) / whole if whole else 1.0


@dataclass(frozen=True)
class Plane:
    """``theta + s delta + t eta``: the centre is a whole state dict, directions of parameters."""

    centre: State
    first: State
    second: State

    def at(self, s: float, t: float) -> State:
        """The weights at a place.

        >>> plane = Plane(*({"w": torch.tensor(value)} for value in (1.0, 2.0, 3.0)))
        >>> float(plane.at(10.0, 100.0)["w"])
        321.0
        """
        moved = {
            name: self.centre[name].add(delta, alpha=s).add_(self.second[name], alpha=t)
            for name, delta in self.first.items()
        }
        return {**self.centre, **moved}

    def project(self, states: Iterable[Mapping[str, Tensor]]) -> Projected:
        """The nearest points of the plane to state dicts or their parameters, in float64.

        >>> plane = Plane({"w": torch.zeros(3)}, *({"w": torch.eye(3)[k]} for k in (0, 1)))
        >>> shadow = plane.project([{"w": torch.tensor([3.0, 4.0, 12.0])}])
        >>> shadow.place.tolist(), shadow.distance.tolist(), shadow.length.tolist()
        ([[3.0, 4.0]], [12.0], [13.0])
        """
        directions = self.first, self.second
        gram = np.array([[_dot(a, b) for b in directions] for a in directions])
        place, distance, length = [], [], []
        for state in states:
            offset = {
                name: state[name].double() - self.centre[name].double() for name in self.first
            }
            s, t = np.linalg.solve(gram, [_dot(offset, one) for one in directions])
            residual = {
                name: value - s * self.first[name].double() - t * self.second[name].double()
                for name, value in offset.items()
            }
            place.append((s, t))
            distance.append(_dot(residual, residual) ** 0.5)
            length.append(_dot(offset, offset) ** 0.5)
        return Projected(np.array(place), np.array(distance), np.array(length))


def principal(
    checkpoints: Sequence[Mapping[str, Tensor]], centre: Mapping[str, Tensor]
) -> tuple[State, State, Array]:
    """The first two principal directions of two or more checkpoints about the final weights.

    With the rows ``M_k = theta_k - theta`` the right singular vectors of M are ``M^T u / sigma``, u
    and sigma^2 eigenvectors and eigenvalues of the small Gram matrix ``M M^T``. The rows are not
    centred at their mean, as in the code of Li et al. they are: the plane is to pass through the
    final weights, and of the planes that do this one keeps most.

    Returns:
        Both directions, of norm 1 and orthogonal; and the shares of the sum of squared distances
        from the centre that each principal direction keeps, in order, (checkpoints,).

    Raises:
        InputError: fewer than two.
        WeightsError: the checkpoints lie on one line, and span no plane.

    >>> rows = [{"w": torch.tensor([0.0, 3.0, 0.0])}, {"w": torch.tensor([1.0, 0.0, 0.0])}]
    >>> first, second, shares = principal(rows, {"w": torch.zeros(3)})
    >>> shares.tolist(), first["w"].abs().tolist()
    ([0.9, 0.1], [0.0, 1.0, 0.0])
    """
    require_points(len(checkpoints), 2, MORE, "checkpoints besides the final weights")
    rows = {
        name: torch.stack([(one[name].double() - value.double()).flatten() for one in checkpoints])
        for name, value in centre.items()
    }
    gram = sum(((row @ row.T).cpu().numpy() for row in rows.values()), np.zeros(()))
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1].clip(min=0), vectors[:, ::-1]
    if not values[1] > RANK**2 * values[0]:
        found = "that they lie on one line through the final weights"
        raise WeightsError("checkpoints that span a plane", found, MORE)
    weights = [torch.from_numpy(vectors[:, k] / values[k] ** 0.5) for k in (0, 1)]
    first, second = (
        {
            name: (one.to(row.device) @ row).view_as(centre[name]).to(centre[name])
            for name, row in rows.items()
        }
        for one in weights
    )
    return first, second, values / values.sum()


def plane_of(
    model: nn.Module,
    weights: State,
    plane: str | tuple[State, State],
    before: Sequence[Mapping[str, Tensor]],
    *,
    normalise: Normalise | None = "filter",
    seed: int = 0,
) -> tuple[Plane, dict[str, list[float]]]:
    """The plane, and what its directions keep of the trajectory where they are its own.

    Arguments and errors are those of `construction.surface`, `before` its checkpoints without the
    weights themselves.
    """
    own, ties = parameters_of(model, weights), ties_of(model)
    # a tied entry moves by one name, and is filled in by the others where the network runs
    weights = {x: one for x, one in weights.items() if x in own or not own.keys() & ties.get(x, ())}
    if plane == "random":
        pair = [random_direction(own, 2 * seed + k, normalise) for k in (0, 1)]
        return Plane(weights, *pair), {}
    if plane == "trajectory":
        first, second, shares = principal([parameters_of(model, one) for one in before], own)
        return Plane(weights, first, second), {"shares": shares[:SHARES].tolist()}
    shapes = {name: value.shape for name, value in own.items()}
    given = plane if not isinstance(plane, str) else ()
    if len(given) != 2 or any({n: v.shape for n, v in one.items()} != shapes for one in given):
        raise InputError(
            "plane 'random', 'trajectory', or two directions with the parameters' names and shapes",
            repr(plane) if isinstance(plane, str) else f"{len(given)} others",
            "Give each parameter an entry, zeros where the direction leaves it alone.",
        )
    return Plane(weights, given[0], given[1]), {}


def _dot(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    return sum(float((one[name].double() * other[name].double()).sum()) for name in one)
