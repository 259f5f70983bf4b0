"""Runs that measure surfaces around trained weights: their settings, and the named ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from ...network.architectures import MLP, ResNet
from ...training.recipe import Recipe
from ..settings import GIVEN, WHOLE, Published, Settings

Directions = Literal["random", "trajectory", "given"]
Statistics = Literal["kept", "recomputed"]


@dataclass(frozen=True)
class Slice:
    """Which plane through the final weights, and where on it the objective is taken.

    Attributes:
        directions: the `plane` of `construction.surface`; "given" are directions of a user's.
        points, reach, seed: see there.
        statistics: what becomes of batch normalisation's running statistics on the plane. "kept":
            those of the final weights everywhere, as in the code of the paper. "recomputed":
            measured anew on the samples at each point.
    """

    directions: Directions = "random"
    points: int = 25
    reach: float = 1.0
    seed: int = 0
    statistics: Statistics = "kept"


@dataclass(frozen=True)
class Landscape(Settings):
    """All that decides the surfaces of some networks.

    Attributes:
        recipes: of the networks; of those with published weights random planes alone.
        slices: planes through the final weights of each; one of each kind of directions.
        samples: the first so many training images of each class, on which objectives are taken; all
            those of the recipe when None.
        profiles, points, batch_norm: of the paths, see
            `construction.experiments.landscape.surface.paths_to_weights`.
    """

    retired: ClassVar[Mapping[str, Any]] = {"given": False}

    recipes: tuple[Recipe | Published, ...]
    slices: tuple[Slice, ...] = (Slice(), Slice("trajectory", 25, 0.15, statistics="recomputed"))
    samples: int | None = None
    profiles: tuple[str, ...] = ("even", "valley")
    points: int = 41
    batch_norm: Literal["interpolate", "recompute"] = "recompute"


#: Trained in a minute on a CPU: few images, narrow layers, few epochs.
SMALL = replace(
    WHOLE,
    samples=200,
    augmented=False,
    rate=0.05,
    schedule="one-cycle",
    epochs=8,
    batch_size=64,
    checkpoints=30,
)

RUNS = {
    "landscape-mnist": Landscape(
        "Surfaces · MNIST 5,000 · MLP 784-64-10 · He init",
        (Recipe(architecture=MLP((784, 64, 10)), epochs=10),),
        samples=100,
        takes="1 min",
    ),
    "landscape-resnet": Landscape(
        "Surfaces · CIFAR-10, 2,000 images · ResNets of width 8, with and without shortcuts",
        tuple(
            replace(SMALL, architecture=ResNet(depth, width=8, shortcuts=shortcuts))
            for depth in (20, 56)
            for shortcuts in (True, False)
        ),
        (Slice(points=19), Slice("trajectory", 19, 0.15, statistics="recomputed")),
        samples=10,
        points=21,
        takes="12 min",
    ),
    "landscape-resnet-56-given": Landscape(
        "Surfaces · CIFAR-10 · ResNet-56 of Li et al., with and without shortcuts",
        GIVEN,
        (Slice(points=31),),
        samples=100,
        takes="2 h (estimated), from files of yours",
    ),
}
