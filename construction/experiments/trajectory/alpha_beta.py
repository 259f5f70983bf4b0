"""Where training goes beside the straight line: alpha and beta (Goodfellow et al. 2014).

With u the unit vector from the initial position theta_i to the final one theta_f, each position of
the trajectory has a place along the line and a distance from it,

    alpha(t) = <theta_t - theta_i, u>,    beta(t) = |theta_t - theta_i - alpha(t) u|

(arXiv 1412.6544). The pair is the position itself in the plane through theta_i, theta_f and
theta_t, so the angle at theta_t between what was gone and what is to come can be read off it. Where
the two are at right angles, theta_t lies on Thales' circle over the chord; so does a random walk
in many dimensions (`construction.experiments.trajectory.random_walk`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

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
        """The largest beta / chord of the positions up to the line's end.

        >>> AlphaBeta(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0]), 2.0).height
        0.5
        """
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
    """Alpha and beta of positions, one in memory at a time.

    Args:
        positions: (dimensions,) each.
        start, stop: the ends of the line, (dimensions,).

    Raises:
        InputError: both ends are one point.

    >>> ends = np.array([0.0, 0.0]), np.array([4.0, 0.0])
    >>> against_the_line([np.array([1.0, 3.0])], *ends)
    AlphaBeta(alpha=array([1.]), beta=array([3.]), chord=4.0)
    """
    first = np.asarray(start, float)
    line = np.asarray(stop, float) - first
    chord = float(np.linalg.norm(line))
    if not chord > 0:
        raise InputError(
            "a line between two points", "one point, twice", "Train for at least one step."
        )
    along, away = [], []
    for position in positions:
        gone = np.asarray(position, float) - first
        alpha = float(gone @ line) / chord
        along.append(alpha)
        away.append(float(np.linalg.norm(gone - alpha / chord * line)))
    return AlphaBeta(np.array(along), np.array(away), chord)


def moves(positions: Iterable[Array], strides: Sequence[int]) -> list[Array]:
    """How far it is from one k-th position to the next, for each stride k, (steps // k,) each.

    Their sum is the length of the path through every k-th position. Where steps go on in one
    direction it hardly depends on k; where they are independent it falls like 1 / sqrt(k).

    Args:
        positions: in order, (dimensions,) each; no more than one a stride is in memory.
        strides: the k.

    >>> moves([np.array([x]) for x in (0.0, 1.0, 0.0, 1.0, 0.0)], (1, 2))
    [array([1., 1., 1., 1.]), array([0., 0.])]
    """
    gone: list[list[float]] = [[] for _ in strides]
    last: dict[int, Array] = {}
    for t, position in enumerate(positions):
        here = np.asarray(position, float)
        for k, stride in enumerate(strides):
            if t % stride == 0:
                if t:
                    gone[k].append(float(np.linalg.norm(here - last[k])))
                last[k] = here
    return [np.array(one) for one in gone]
