"""Runs over many recipes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar, NamedTuple

from ...network.architectures import MLP
from ...training.recipe import Objective, Optimiser, Recipe
from ..settings import TREATMENTS, Settings, Treatment


class Step(NamedTuple):
    """An optimiser with its learning rate and momentum."""

    optimiser: Optimiser
    rate: float
    momentum: float = 0.0

    @property
    def label(self) -> str:
        """For tables, "SGD 0.1"."""
        return f"{'SGD' if self.optimiser == 'sgd' else 'Adam'} {self.rate:g}"


@dataclass(frozen=True)
class Sweep(Settings):
    """All that decides a sweep over recipes of fully connected networks.

    Attributes:
        recipe: what all of them share.
        hidden, width: how many hidden layers, and of how many units.
        batch_norm, steps, losses, seeds: all of which are combined.
        treatments: of the batch normalisation along the line.
        points: lambdas of each line.
        images: the first so many training images are measured on.
    """

    divides: ClassVar[bool] = True

    recipe: Recipe
    hidden: tuple[int, ...] = (1, 3, 9)
    width: int = 64
    batch_norm: tuple[bool, ...] = (False, True)
    steps: tuple[Step, ...] = (
        Step("adam", 1e-3),
        Step("adam", 1e-2),
        Step("adam", 1e-1),
        Step("sgd", 1e-2, 0.9),
        Step("sgd", 1e-1, 0.9),
    )
    losses: tuple[Objective, ...] = ("cross_entropy", "squared")
    seeds: tuple[int, ...] = (0, 1)
    treatments: tuple[Treatment, ...] = TREATMENTS[:2]
    points: int = 26
    images: int = 1000

    @property
    def recipes(self) -> Iterator[Recipe]:
        """Every recipe with every seed.

        >>> len(list(RUNS["sweep"].recipes))
        120
        """
        for hidden, norm, how, loss, seed in product(
            self.hidden, self.batch_norm, self.steps, self.losses, self.seeds
        ):
            widths = (784, *[self.width] * hidden, 10)
            network, step = MLP(widths, batch_norm=norm), how._asdict()
            yield replace(self.recipe, architecture=network, loss=loss, seed=seed, **step)


#: PyTorch's own initialisation, 400 steps.
COMMON = Recipe(
    samples=200,
    initialisation="default",
    batch_size=50,
    schedule="constant",
    epochs=10,
    checkpoints=1,
)

RUNS = {
    "sweep": Sweep("MNIST, 2,000 images · 60 recipes of MLPs, 2 seeds each", COMMON, takes="5 min"),
}
