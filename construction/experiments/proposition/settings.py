"""Runs that measure Proposition 1: `construction.experiments.proposition.measure` conducts them."""

from dataclasses import dataclass

from ..settings import Settings


@dataclass(frozen=True)
class Proposition(Settings):
    """All that decides a measurement of Proposition 1.

    Attributes:
        data, per_digit: the first so many training images of each digit, in the set's own order.
        before, widths: hidden widths before the last one, and of the last one.
        samples, initialisations, losses, networks, seed, confidence: each of those of
            `construction.experiments.proposition.measure.count_above`.
    """

    data: str = "mnist-5k"
    per_digit: int = 20
    samples: tuple[int, ...] = (1, 200)
    before: tuple[int, ...] = ()
    widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    initialisations: tuple[str, ...] = ("he", "small", "sphere", "default", "xavier")
    losses: tuple[str, ...] = ("squared", "cross_entropy")
    networks: int = 2000
    seed: int = 0
    confidence: float = 0.9999


RUNS = {
    "proposition-1": Proposition(
        "Proposition 1 · MNIST, 1 and 200 digits · MLP 784-n-10", takes="2 min"
    ),
}
