"""Where training goes beside the straight line: alpha and beta (Goodfellow et al. 2014).

With u the unit vector from the initial position theta_i to the final one theta_f, each position of
the trajectory has a place along the line and a distance from it,

    alpha(t) = <theta_t - theta_i, u>,    beta(t) = |theta_t - theta_i - alpha(t) u|

(arXiv 1412.6544). A random walk in many dimensions lies on Thales' circle over the chord. With S_t
the sum of t independent steps, N(0, I) in d dimensions, a line from 0 to S_n, and s = t / n <= 1,

    S_t = s S_n + B_t,    B a Brownian bridge on the grid, independent of S_n,
                          each coordinate of B_t normal with variance n s (1 - s);
    beta^2 = n s (1 - s) X,    |S_n|^2 = n Y,    X ~ chi^2 of d - 1, Y ~ chi^2 of d, independent;
    alpha / |S_n| = s + sqrt(s (1 - s) / d) T,   T ~ Student's t of d.

sqrt(s (1 - s)) is the mean of beta / |S_n| in any dimension, as E[sqrt X] times E[1 / sqrt Y] is 1,
and the limit as d grows, whatever the steps' sizes; the standard deviations of both are
sqrt(s (1 - s) / (d - 2)). Behind the line's end, s > 1, the steps are independent of the line, and
s (1 - s) becomes s - 1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...arrays import Array
from ...errors import InputError


@dataclass(frozen=True)
class AlphaBeta:
    """A trajectory against the line from its start to its solution.

    Attributes:
        alpha, beta: along the line and away from it, of each position, (positions,).
        chord: |theta_f - theta_i|, the length of the line.
    """

    alpha: Array
    beta: Array
    chord: float

    @property
    def shares(self) -> tuple[Array, Array]:
        """Alpha and beta over the length of the line, (positions,) each."""
        return self.alpha / self.chord, self.beta / self.chord

    @property
    def height(self) -> float:
        """The largest beta / chord of the positions up to the line's end."""
        return float(self.beta[: self.solution + 1].max()) / self.chord

    @property
    def solution(self) -> int:
        """Index of the position at the line's end, the nearest to it."""
        return int(np.argmin(np.hypot(self.alpha - self.chord, self.beta)))

    @property
    def angle(self) -> Array:
        """Degrees between theta_t - theta_i and theta_f - theta_t, (solution - 1,).

        Of all positions between the two ends: 0 on the line, 90 on Thales' circle.

        >>> AlphaBeta(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0]), 2.0).angle.round(9)
        array([90.])
        """
        inside = slice(1, self.solution)
        alpha, beta = self.alpha[inside], self.beta[inside]
        rise, fall = np.arctan2(beta, alpha), np.arctan2(beta, self.chord - alpha)
        turned: Array = np.degrees(rise + fall)
        return turned


def against_the_line(positions: Iterable[Array], start: Array, stop: Array) -> AlphaBeta:
    """Alpha and beta of positions, (dimensions,) each; an InputError if both ends are one point.

    One of them is in memory at a time.

    >>> ends = np.array([0.0, 0.0]), np.array([4.0, 0.0])
    >>> against_the_line([np.array([1.0, 3.0])], *ends)
    AlphaBeta(alpha=array([1.]), beta=array([3.]), chord=4.0)
    """
    first = np.asarray(start, float)
    line = np.asarray(stop, float) - first
    chord = float(np.linalg.norm(line))
    if not chord > 0:
        remedy = "Train for at least one step."
        raise InputError("a line between two points", "one point, twice", remedy)
    along, away = [], []
    for position in positions:
        gone = np.asarray(position, float) - first
        alpha = float(gone @ line) / chord
        along.append(alpha)
        away.append(float(np.linalg.norm(gone - alpha / chord * line)))
    return AlphaBeta(np.array(along), np.array(away), chord)


def moves(positions: Iterable[Array], strides: Sequence[int]) -> list[Array]:
    """How far it is from one k-th position to the next, and at last to the end, for each stride k.

    Their sum is the length of the path through every k-th position, which hardly depends on k where
    steps go on in one direction, and falls like 1 / sqrt(k) where they are independent: to that of
    the line, as far as which it is in any case.

    No more positions than one a stride are in memory, (dimensions,) each.

    >>> moves([np.array([x]) for x in (0.0, 1.0, 0.0, 1.0)], (1, 2, 5))
    [array([1., 1., 1.]), array([0., 1.]), array([1.])]
    """
    gone: list[list[float]] = [[] for _ in strides]
    last: list[Array] = []
    t, here = 0, np.zeros(0)
    for t, position in enumerate(positions):
        here = np.asarray(position, float)
        last = last or [here] * len(strides)
        for k, stride in enumerate(strides):
            if t and t % stride == 0:
                gone[k].append(float(np.linalg.norm(here - last[k])))
                last[k] = here
    for k, stride in enumerate(strides):
        if t % stride:
            gone[k].append(float(np.linalg.norm(here - last[k])))
    return [np.array(one) for one in gone]


#: Entries of the walk in memory at a time; chosen here: 8 MB.
TOGETHER = 2**20


def arch(s: ArrayLike) -> Array:
    """``E[beta / |S_n|]`` at t = s n: sqrt(s (1 - s)), and behind the line's end sqrt(s - 1).

    >>> arch([0.0, 0.5, 1.0, 1.25])
    array([0. , 0.5, 0. , 0.5])
    """
    share = np.asarray(s, float)
    return np.sqrt(np.where(share <= 1, share * (1 - share), share - 1))


def walked(
    steps: int,
    dimensions: int,
    *,
    seed: int,
    solution: int | None = None,
    strides: Sequence[int] = (1,),
) -> tuple[AlphaBeta, list[Array]]:
    """Draw a random walk of steps N(0, I), at most `TOGETHER` entries, or one dimension, at a time.

    Returns:
        The positions against the line to the step `solution`, the last one when None; and `moves`.

    >>> walk, _ = walked(100, 10_000, seed=0)
    >>> round(walk.height, 1), round(walk.chord / (100 * 10_000) ** 0.5, 1)
    (0.5, 1.0)
    """
    last = steps if solution is None else solution
    source = np.random.default_rng(seed)
    towards, square = np.zeros(steps + 1), np.zeros(steps + 1)
    places = [np.append(np.arange(0, steps, stride), steps) for stride in strides]
    moved = [np.zeros(len(one) - 1) for one in places]
    together = max(1, TOGETHER // steps)
    for begin in range(0, dimensions, together):
        drawn = source.standard_normal((steps, min(together, dimensions - begin)))
        at = np.vstack([np.zeros(drawn.shape[1]), np.cumsum(drawn, axis=0)])
        towards += at @ at[last]
        square += np.einsum("td,td->t", at, at)
        for sums, one in zip(moved, places, strict=True):
            sums += np.square(np.diff(at[one], axis=0)).sum(axis=1)
    chord = float(np.sqrt(square[last]))
    alpha = towards / chord
    beta = np.sqrt(np.maximum(square - alpha**2, 0))
    beta[[0, last]] = 0.0  # rounding
    return AlphaBeta(alpha, beta, chord), [np.sqrt(sums) for sums in moved]
