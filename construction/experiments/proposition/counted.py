"""A measured probability beside the bound of Proposition 1; read without torch."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

#: Initialisations whose neurons have independent, spherically symmetric weights and no bias.
SPHERICAL = ("he", "small", "sphere")


def bound(width: int) -> float:
    """``(1/2) (1 - 2^-n)``.

    >>> bound(1), bound(2)
    (0.25, 0.375)
    """
    return (1 - 0.5**width) / 2


@dataclass(frozen=True)
class Probability:
    """How many of some random networks lie above the zero predictor.

    Attributes:
        loss, initialisation: their names.
        widths: (inputs, hidden, ..., outputs).
        samples: on which the objective is taken.
        networks: how many were drawn.
        above: of them those with L(W) > L(0).
        neither: of them those with neither W nor its mirror image above: whose outputs vanish, or
            tell no class from another.
        confidence: of `interval`.
    """

    loss: str
    initialisation: str
    widths: tuple[int, ...]
    samples: int
    networks: int
    above: int
    neither: int
    confidence: float

    @property
    def covered(self) -> bool:
        """Whether the proposition speaks of this initialisation and loss."""
        return self.initialisation in SPHERICAL and self.loss in ("squared", "cross_entropy")

    @property
    def width(self) -> int:
        """The n of the last hidden layer."""
        return self.widths[-2]

    @property
    def bound(self) -> float:
        """See `bound`."""
        return bound(self.width)

    @property
    def value(self) -> float:
        """The share of networks above."""
        return self.above / self.networks

    @property
    def interval(self) -> tuple[float, float]:
        """The exact interval of Clopper and Pearson (Biometrika 1934) for the probability.

        >>> Probability("squared", "he", (1, 1, 1), 1, 10, 0, 5, 0.95).interval
        (0.0, 0.308...)
        """
        k, n, tail = self.above, self.networks, (1 - self.confidence) / 2
        low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
        high = float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
        return low, high

    @property
    def verdict(self) -> str:
        """Where the interval lies: "above", "around" or "below" the bound."""
        low, high = self.interval
        if low > self.bound:
            return "above"
        return "below" if high < self.bound else "around"
