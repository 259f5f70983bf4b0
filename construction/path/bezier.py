"""Bezier curves of weights: smooth, exact at both ends, drawn towards the control points between.

`construction.search.bending` trains the control points.
"""

from collections.abc import Sequence
from math import comb

import numpy as np
import torch
from torch import Tensor

from ..network.states import State
from .paths import Curve, require_inside


class Bezier(Curve):
    """The curve of control points ``S_0, ..., S_n`` (Garipov et al. 2018, arXiv 1802.10026).

    ``W(lambda) = sum_k B_(k,n)(lambda) S_k`` with the Bernstein polynomials ``B_(k,n) = C(n, k)
    lambda^k (1 - lambda)^(n-k)``, which are non-negative and add up to 1. At both ends the weights
    are those of the control points there, bit for bit. Entries that are not floating point, such
    as counters, are those of the nearest control point, the k-th one lying at lambda = k / n.

    Args:
        states: see `Curve`; two make the straight line, three a parabola, as in the paper.

    Raises:
        WeightsError, InputError: see `Curve`.

    >>> arch = Bezier([{"w": torch.tensor([x])} for x in (0.0, 4.0, 2.0)])
    >>> [float(arch(lam)["w"]) for lam in (0, 0.25, 0.5, 0.75, 1)]
    [0.0, 1.625, 2.5, 2.625, 2.0]
    """

    def __call__(self, lam: float) -> State:
        """Weights at lambda in [0, 1]."""
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
        if lam in (0.0, 1.0):
            return {int(lam) * (len(self.states) - 1): 1.0}
        return dict(enumerate(bernstein(len(self.states) - 1, lam)))


def bernstein(degree: int, lam: float) -> list[float]:
    """The Bernstein polynomials of a degree at lambda.

    >>> bernstein(2, 0.25)
    [0.5625, 0.375, 0.0625]
    """
    return [comb(degree, k) * lam**k * (1 - lam) ** (degree - k) for k in range(degree + 1)]


def mixed(values: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """``sum_k shares_k values_k``, which gradients pass through."""
    total = values[0] * shares[0]
    for value, share in zip(values[1:], shares[1:], strict=True):
        total = torch.add(total, value, alpha=share)
    return total
