"""Spearman's rank correlation, and a bootstrap interval for it over groups of samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array
from ...errors import InputError


@dataclass(frozen=True)
class Correlation:
    """A rank correlation with its interval.

    Attributes:
        value: Spearman's rho.
        low, high: ends of the interval.
        samples, groups: how many pairs, and how many independent groups of them.
    """

    value: float
    low: float
    high: float
    samples: int
    groups: int

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0 <= self.high


def spearman(x: Array, y: Array) -> float:
    """Pearson's correlation of the ranks, ties sharing the mean of theirs; 0 where one is constant.

    Source: Spearman 1904 (Am. J. Psychol. 15).

    Raises:
        InputError: not two arrays of one shape (samples,), at least 2.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([0.1, 10.0, 11.0]))
    1.0
    """
    if x.ndim != 1 or x.shape != y.shape or len(x) < 2:
        raise InputError(
            "two arrays of one shape (samples,), at least 2",
            f"{x.shape} and {y.shape}",
            "Give one value a sample in each.",
        )
    first, second = (ranks(values) - (len(values) + 1) / 2 for values in (x, y))
    scale = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / scale) if scale else 0.0


def ranks(values: Array) -> Array:
    """From 1 on; equal values share the mean of their ranks.

    >>> ranks(np.array([5.0, 1.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    shared: Array = (last - (count - 1) / 2)[place]
    return shared


def correlation(
    x: Array,
    y: Array,
    groups: NDArray[np.intp],
    *,
    confidence: float,
    resamples: int,
    seed: int,
) -> Correlation:
    """Spearman's rho with the percentile interval of a bootstrap over whole groups.

    Samples of one group, as the seeds of one recipe, are alike: were they drawn one by one, the
    interval would be too narrow (Davison and Hinkley 1997, section 3.8).

    Args:
        x, y: (samples,).
        groups: to which each sample belongs, (samples,).
        confidence: of the interval.
        resamples, seed: of the bootstrap.

    Raises:
        InputError: see `spearman`; or fewer than two groups.
    """
    value = spearman(x, y)
    members = [np.flatnonzero(groups == one) for one in np.unique(groups)]
    if len(members) < 2:
        raise InputError("at least two groups", f"{len(members)}", "A bootstrap draws among them.")
    rng = np.random.default_rng(seed)
    drawn = np.empty(resamples)
    for k in range(resamples):
        some = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        drawn[k] = spearman(x[some], y[some])
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Correlation(value, float(low), float(high), len(x), len(members))
