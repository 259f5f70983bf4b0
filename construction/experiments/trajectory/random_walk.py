"""The random walk beside the straight line to its own end, simulated and in closed form.

Steps xi_t are independent and N(0, I) in d dimensions, S_t is their sum, and the line runs from 0
to S_n. With s = t / n,

    S_t = s S_n + B_t,    B a Brownian bridge on the grid, independent of S_n,
                          each coordinate of B_t normal with variance n s (1 - s).

u = S_n / |S_n| is independent of B, so that, for s <= 1,

    beta^2 = n s (1 - s) X,    |S_n|^2 = n Y,    X ~ chi^2 of d - 1, Y ~ chi^2 of d, independent;
    alpha / |S_n| = s + sqrt(s (1 - s) / d) T,   T ~ Student's t of d.

As d grows X / Y goes to 1: beta / |S_n| = sqrt(s (1 - s)) and alpha / |S_n| = s, which is Thales'
semicircle over the chord whatever the steps' sizes. And in finitely many dimensions

    E[beta / |S_n|] = sqrt(s (1 - s)) E[sqrt X] E[1 / sqrt Y] = sqrt(s (1 - s))   exactly,

as the two means are sqrt(2) Gamma(d/2) / Gamma((d-1)/2) and its inverse; the correction is all in
the spread. From E[X / Y] = (d - 1) / (d - 2) the standard deviation is sqrt(s (1 - s) / (d - 2)),
and that of alpha / |S_n| is the same. Behind the line's end, s > 1, the steps are independent of
the line, beta^2 = n (s - 1) X, and s (1 - s) becomes s - 1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...arrays import Array
from ...errors import InputError
from .alpha_beta import AlphaBeta

#: Entries of the walk in memory at a time; chosen here: 8 MB.
TOGETHER = 2**20


def arch(s: ArrayLike) -> Array:
    """``E[beta / |S_n|]`` at t = s n: sqrt(s (1 - s)), and behind the line's end sqrt(s - 1).

    >>> arch([0.0, 0.5, 1.0, 1.25])
    array([0. , 0.5, 0. , 0.5])
    """
    share = np.asarray(s, float)
    mean: Array = np.sqrt(np.where(share <= 1, share * (1 - share), share - 1))
    return mean


def spread(s: ArrayLike, dimensions: int) -> Array:
    """Standard deviation of beta / |S_n| at t = s n.

    Raises:
        InputError: fewer than three dimensions, where it is infinite.

    >>> spread([0.5, 1.0], 102)
    array([0.05, 0.  ])
    """
    if dimensions < 3:
        raise InputError(
            "at least 3 dimensions", f"{dimensions}", "In fewer the variance is infinite."
        )
    deviation: Array = arch(s) / np.sqrt(dimensions - 2)
    return deviation


def walked(
    steps: int,
    dimensions: int,
    *,
    seed: int,
    solution: int | None = None,
    strides: Sequence[int] = (1,),
) -> tuple[AlphaBeta, list[Array]]:
    """Draw a random walk, some dimensions at a time.

    Alpha, beta and the moves are sums over the dimensions, which are independent of each other:
    never more than `TOGETHER` entries, or one dimension, are in memory.

    Args:
        steps: how many, each N(0, I).
        dimensions: how many.
        seed: of the walk.
        solution: the step at which the line ends; the last one when None.
        strides: of the moves.

    Returns:
        The positions against the line; and the moves, (steps // stride,) each, as
        `construction.experiments.trajectory.alpha_beta.moves` has them.

    Raises:
        InputError: no step, no dimension, or a solution that is no step of the walk.

    >>> walk, _ = walked(100, 10_000, seed=0)
    >>> round(walk.height, 1), round(walk.chord / (100 * 10_000) ** 0.5, 1)
    (0.5, 1.0)
    """
    last = steps if solution is None else solution
    if steps < 1 or dimensions < 1 or not 1 <= last <= steps:
        raise InputError(
            "steps, dimensions, and a solution among the steps",
            f"{steps} steps in {dimensions} dimensions, the solution at {last}",
            "1000, 1000 and 900 are good numbers.",
        )
    source = np.random.default_rng(seed)
    towards, square = np.zeros(steps + 1), np.zeros(steps + 1)
    moved = [np.zeros(steps // stride) for stride in strides]
    together = max(1, TOGETHER // steps)
    for begin in range(0, dimensions, together):
        drawn = source.standard_normal((steps, min(together, dimensions - begin)))
        at = np.vstack([np.zeros(drawn.shape[1]), np.cumsum(drawn, axis=0)])
        towards += at @ at[last]
        square += np.einsum("td,td->t", at, at)
        for sums, stride in zip(moved, strides, strict=True):
            sums += np.square(np.diff(at[::stride], axis=0)).sum(axis=1)
    chord = float(np.sqrt(square[last]))
    alpha = towards / chord
    beta = np.sqrt(np.maximum(square - alpha**2, 0))
    beta[[0, last]] = 0.0  # rounding
    return AlphaBeta(alpha, beta, chord), [np.sqrt(sums) for sums in moved]
