"""Base paths W(lambda): continuous, from the initial to the final weights, exact at both ends."""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import InputError, door, reading, require_points, short
from ..network.states import State, alike, check_alike, state_of

#: Anything that gives the weights at a lambda in [0, 1].
Path = Callable[[float], State]

#: Lambdas at which a callable is looked at, how often an interval is halved, and what share of its
#: change may be left; chosen here.
LOOKS, HALVINGS, JUMP = 33, 30, 0.01


class Curve(ABC):
    """A path that mixes given state dicts, and is exact to the bit at the first and the last.

    The state dicts are kept, not copied: those of a model still in training change with it, so
    clone their tensors first.

    Args:
        states: two or more state dicts with the same entries; or what `torch.load` returns of a
            checkpoint that holds one: see `construction.network.states`.

    Raises:
        WeightsError: entries, shapes or types differ, or a value is NaN or infinite.
        InputError: fewer than two states.
    """

    @door()
    def __init__(self, states: Sequence[Mapping[str, Tensor]]) -> None:
        require_points(len(states), 2, "Give the initial and final weights.", "state dicts")
        self.states = alike([state_of(state)[0] for state in states])
        check_alike(self.states)

    @abstractmethod
    def __call__(self, lam: float) -> State:
        """Weights at lambda in [0, 1]."""

    @abstractmethod
    def shares(self, lam: float) -> dict[int, float]:
        """How much of which state W(lambda) is: ``W(lambda) = sum_k shares[k] S_k``."""

    def grid(self, points: int) -> NDArray[np.float64]:
        """`points` lambdas from 0 to 1, evenly spaced."""
        require_points(points, 2, "401 are usual.")
        return np.linspace(0, 1, points)


class Polyline(Curve):
    """Straight segments through given weights.

    ``W(lambda) = (1 - tau) W_k + tau W_(k+1)``, tau the position of lambda between the two
    vertices next to it. At a vertex the weights are the vertex's own, bit for bit. Entries that
    are not floating point, such as counters, are those of the nearer vertex.

    Args:
        states: see `Curve`; of a training run's checkpoints, say.
        vertices: the lambda of each, from 0 to 1, increasing; evenly spaced when None.

    Raises:
        WeightsError: see `Curve`.
        InputError: see there; or vertices that do not increase from 0 to 1.

    >>> corner = Polyline([{"w": torch.tensor([x])} for x in (0.0, 4.0, 2.0)])
    >>> [float(corner(lam)["w"]) for lam in (0, 0.25, 0.5, 0.75, 1)]
    [0.0, 2.0, 4.0, 3.0, 2.0]
    """

    @door()
    def __init__(
        self,
        states: Sequence[Mapping[str, Tensor]],
        vertices: Sequence[float] | None = None,
    ) -> None:
        super().__init__(states)
        even = np.linspace(0, 1, len(states))
        self.vertices = even if vertices is None else np.array(vertices, float)
        rise = len(self.vertices) == len(states) and (np.diff(self.vertices) > 0).all()
        if not rise or self.vertices[0] != 0 or self.vertices[-1] != 1:
            raise InputError(
                f"{len(states)} vertices that increase from 0 to 1",
                f"{self.vertices.tolist()}",
                "Give one lambda a state dict, the first 0 and the last 1.",
            )

    def __call__(self, lam: float) -> State:
        k, tau = self.position(lam)
        start, stop = self.states[k], self.states[k + 1]
        if tau in (0.0, 1.0):
            return dict(stop if tau else start)
        return {
            name: torch.lerp(value, stop[name], tau)
            if value.is_floating_point()
            else (stop if tau > 0.5 else start)[name]
            for name, value in start.items()
        }

    def shares(self, lam: float) -> dict[int, float]:
        """See `Curve.shares`: of the two vertices next to lambda, or the one that is there.

        >>> Polyline([{"w": torch.zeros(1)}] * 3).shares(0.625)
        {1: 0.75, 2: 0.25}
        """
        k, tau = self.position(lam)
        return {k + int(tau): 1.0} if tau in (0.0, 1.0) else {k: 1 - tau, k + 1: tau}

    def position(self, lam: float) -> tuple[int, float]:
        """The segment that lambda lies on, at a vertex the one that begins there, and tau there."""
        require_inside(lam)
        k = min(int(np.searchsorted(self.vertices, lam, side="right")) - 1, len(self.states) - 2)
        return k, float((lam - self.vertices[k]) / (self.vertices[k + 1] - self.vertices[k]))

    def grid(self, points: int) -> NDArray[np.float64]:
        """`points` lambdas from 0 to 1, evenly spaced on each segment, every vertex among them.

        >>> Polyline([{"w": torch.zeros(1)}] * 3).grid(5).tolist()
        [0.0, 0.25, 0.5, 0.75, 1.0]
        """
        segments = len(self.states) - 1
        require_points(points, segments + 1, "Each vertex takes one.")
        stops = np.rint(self.vertices * (points - 1)).astype(int)
        # a segment too short for the even grid still gets a step of its own
        order = np.arange(segments + 1)
        stops = np.maximum.accumulate(stops - order) + order
        stops = np.minimum(stops, points - 1 - order[::-1])
        grid: NDArray[np.float64] = np.interp(np.arange(points), stops, self.vertices)
        return grid


class Line(Polyline):
    """The straight line ``W(lambda) = (1 - lambda) initial + lambda final``.

    The *empirical interpolation* of Goodfellow, Vinyals and Saxe (arXiv 1412.6544) is the
    objective along it.

    >>> float(Line({"w": torch.tensor(1.0)}, {"w": torch.tensor(3.0)})(0.25)["w"])
    1.5
    """

    def __init__(self, initial: Mapping[str, Tensor], final: Mapping[str, Tensor]) -> None:
        super().__init__([initial, final])


class Bezier(Curve):
    """The curve of control points ``S_0, ..., S_n`` (Garipov et al. 2018, arXiv 1802.10026).

    ``W(lambda) = sum_k B_(k,n)(lambda) S_k`` with the Bernstein polynomials ``B_(k,n) = C(n, k)
    lambda^k (1 - lambda)^(n-k)``, which are non-negative and add up to 1. At both ends the weights
    are those of the control points there, bit for bit. Entries that are not floating point, such
    as counters, are those of the nearest control point, the k-th one lying at lambda = k / n.

    Args:
        states: see `Curve`; two make the straight line, three a parabola, as in the paper.

    >>> arch = Bezier([{"w": torch.tensor([x])} for x in (0.0, 4.0, 2.0)])
    >>> [float(arch(lam)["w"]) for lam in (0, 0.25, 0.5, 0.75, 1)]
    [0.0, 1.625, 2.5, 2.625, 2.0]
    """

    def __call__(self, lam: float) -> State:
        shares = self.shares(lam)
        nearest = self.states[int(np.ceil(lam * (len(self.states) - 1) - 0.5))]
        if len(shares) == 1:
            return dict(nearest)
        return {
            name: mixed([state[name] for state in self.states], list(shares.values()))
            if value.is_floating_point()
            else value
            for name, value in nearest.items()
        }

    def shares(self, lam: float) -> dict[int, float]:
        """See `Curve.shares`: Bernstein's polynomials.

        >>> Bezier([{"w": torch.zeros(1)}] * 3).shares(0.25)
        {0: 0.5625, 1: 0.375, 2: 0.0625}
        """
        require_inside(lam)
        n = len(self.states) - 1
        if lam in (0.0, 1.0):
            return {int(lam) * n: 1.0}
        return {k: math.comb(n, k) * lam**k * (1 - lam) ** (n - k) for k in range(n + 1)}


def mixed(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """``sum_k shares_k values_k``, which gradients pass through."""
    total = values[0] * shares[0]
    for value, share in zip(values[1:], shares[1:], strict=True):
        total = torch.add(total, value, alpha=share)
    return total


def mapped(path: Path, change: Callable[[State], State]) -> Path:
    """The path of weights that are moved, converted or left out; a `Curve` mixes the changed ones.

    >>> line = mapped(Line({"w": torch.tensor(1.0)}, {"w": torch.tensor(3.0)}), lambda _: {})
    >>> type(line).__name__, line(0.25)
    ('Line', {})
    """
    if not isinstance(path, Curve):
        asked = "a path that gives weights at each lambda", InputError, "Return name -> tensor."
        return reading(*asked)(lambda lam: change(path(lam)))
    changed = copy.copy(path)
    changed.states = [change(state) for state in path.states]
    return changed


def require_inside(lam: float, what: str = "lambda") -> None:
    """Refuse by an InputError a lambda, or something else, outside [0, 1], or NaN."""
    with suppress(TypeError, ValueError, RuntimeError):
        if 0 <= lam <= 1:
            return
    raise InputError(f"{what} in [0, 1]", short(lam), "The path is defined there only.")


def require_continuous(path: Path) -> None:
    """Refuse by an InputError a path that jumps between those of `LOOKS` lambdas that differ most.

    The interval between them is halved, and the half kept on which the weights change more. What
    then is left of the change is a jump.
    """
    lams = np.linspace(0, 1, LOOKS).tolist()
    ends = max(pairwise(lams), key=lambda two: _distance(path(two[0]), path(two[1])))
    (left, right), (a, b) = ends, (path(ends[0]), path(ends[1]))
    change = _distance(a, b)
    rounding = max(torch.finfo(v.dtype).eps for v in a.values() if v.is_floating_point())
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        c = path(middle)
        if _distance(a, c) >= _distance(c, b):
            right, b = middle, c
        else:
            left, a = middle, c
    left_over = _distance(a, b)
    if left_over > JUMP * change + 64 * rounding * _distance(a, None):
        raise InputError(
            "a path that is continuous in lambda",
            f"weights that jump by {left_over:.3g} at lambda = {left:.6g}",
            "Let it change little where lambda does, and depend on lambda alone.",
        )


def _distance(one: State, other: State | None) -> float:
    """The Euclidean one; from 0 when None."""
    squares = 0.0
    for name, value in one.items():
        if value.is_floating_point():
            apart = value.detach().double() - (0.0 if other is None else other[name].detach())
            squares += float(apart.square().sum())
    return math.sqrt(squares)


def convert(
    state: Mapping[str, Tensor], device: torch.device, dtype: torch.dtype, *, copied: bool = False
) -> State:
    """The weights, detached, on a device, floating-point entries in the given type."""
    return {
        name: value.detach().to(
            device, dtype if value.is_floating_point() else value.dtype, copy=copied
        )
        for name, value in state.items()
    }
