"""Runs that construct paths: `construction.experiments.path.measure` conducts them."""

from dataclasses import dataclass
from typing import ClassVar

from ...errors import require_points
from ...network.architectures import MLP
from ...training.recipe import Recipe
from ..settings import Settings


@dataclass(frozen=True)
class Experiment(Settings):
    """All that decides a record of constructed paths.

    Attributes:
        recipe: of the network whose path is constructed.
        detour_seed: of a second network, trained alike, through whose weights the second route
            runs; None for the straight line alone.
        points: lambdas on each route.
        profiles: constructed on every route; the film tells the first and the valley.
        checks: points of each certificate.
    """

    #: They share out samples, which changes no number but for rounding, and nothing multiplies it.
    threads: ClassVar[int | None] = None

    recipe: Recipe
    detour_seed: int | None = 1
    points: int = 401
    profiles: tuple[str, ...] = ("even", "paper", "valley")
    checks: int = 151

    def __post_init__(self) -> None:
        require_points(self.checks, 5, "151 are usual.")

    @property
    def lines(self) -> int:
        """One a network; of each route one, one a profile, and one a proof."""
        routes = 1 if self.detour_seed is None else 2
        proofs = routes + ("valley" in self.profiles[1:])
        return routes + routes * (1 + len(self.profiles)) + proofs


RUNS = {
    # its certificates are made while somebody waits for the first film
    "mnist-mlp": Experiment(
        "MNIST 5,000 · MLP 784-512-512-10 · He init", Recipe(), checks=31, takes="1 min"
    ),
    "mnist-mlp-default": Experiment(
        "MNIST 5,000 · MLP 784-512-512-10 · PyTorch's init",
        Recipe(initialisation="default"),
        takes="3 min",
    ),
    "mnist-mlp-full": Experiment(
        "MNIST 60,000 · MLP 784-512-512-10 · He init",
        Recipe(data="mnist", epochs=10),
        points=101,
        checks=51,
        takes="15 min (estimated)",
    ),
    "digits-mlp": Experiment(
        "MNIST 5,000 · MLP 784-128-10 · He init",
        Recipe(architecture=MLP((784, 128, 10))),
        points=101,
        checks=101,
        takes="30 s",
    ),
}
