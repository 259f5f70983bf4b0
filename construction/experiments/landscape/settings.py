"""Runs that measure surfaces around trained weights: their settings, and the named ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from ...network.architectures import MLP, ResNet
from ...training.recipe import Recipe
from ..settings import Settings

Directions = Literal["random", "trajectory"]
Statistics = Literal["kept", "recomputed"]


@dataclass(frozen=True)
class Slice:
    """Which plane through the final weights, and where on it the objective is taken.

    Attributes:
        directions: "random", normalised filter by filter, or "trajectory", the first two principal
            ones of the checkpoints.
        points: along each axis.
        reach: of random directions, the coordinates run over [-reach, reach], as over [-1, 1] in
            the paper; of the trajectory's, the share of the paths' extent that the axes go beyond
            them.
        seed: of random directions.
        statistics: what becomes of batch normalisation's running statistics on the plane. "kept":
            those of the final weights everywhere, as in the code of the paper. "recomputed":
            measured anew on the samples at each point.
    """

    directions: Directions = "random"
    points: int = 25
    reach: float = 1.0
    seed: int = 0
    statistics: Statistics = "kept"


def _slices(points: int) -> tuple[Slice, Slice]:
    """Both planes, on a grid of so many points along each axis."""
    trajectory = Slice("trajectory", points=points, reach=0.15, statistics="recomputed")
    return Slice(points=points), trajectory


@dataclass(frozen=True)
class Landscape(Settings):
    """All that decides the surfaces of some networks.

    Attributes:
        recipes: of the networks.
        slices: planes through the final weights of each; one of each kind of directions.
        samples: the first so many training images of each class, on which objectives are taken; all
            those of the recipe when None.
        profiles: constructed paths that are projected into the planes, where they exist.
        points: on the line and on each constructed path.
        batch_norm: running statistics on those paths, see `construction.construct`; of the
            checkpoints too.
    """

    retired: ClassVar[Mapping[str, Any]] = {"given": False}

    recipes: tuple[Recipe, ...]
    slices: tuple[Slice, ...] = _slices(25)
    samples: int | None = None
    profiles: tuple[str, ...] = ("even", "valley")
    points: int = 41
    batch_norm: Literal["interpolate", "recompute"] = "recompute"


#: As in the paper: SGD with momentum, batches of 128, weight decay 5e-4, 300 epochs, a rate of 0.1
#: that falls to a tenth at epochs 150, 225 and 275; here at the first two, and without
#: Nesterov's.
WHOLE = Recipe(
    data="cifar-10",
    augmented=True,
    architecture=ResNet(56),
    loss="cross_entropy",
    optimiser="sgd",
    momentum=0.9,
    weight_decay=5e-4,
    rate=0.1,
    schedule="step",
    epochs=300,
    batch_size=128,
    checkpoints=60,
)
#: Trained in a minute on a CPU: few images, narrow layers, few epochs.
SMALL = replace(
    WHOLE,
    samples=200,
    augmented=False,
    architecture=ResNet(20, width=8),
    rate=0.05,
    schedule="one-cycle",
    epochs=8,
    batch_size=64,
    checkpoints=30,
)
DEEP = replace(SMALL, architecture=ResNet(56, width=8))


def _without_shortcuts(recipe: Recipe) -> Recipe:
    """The plain network beside a residual one."""
    assert isinstance(recipe.architecture, ResNet), "others have no shortcuts"
    return replace(recipe, architecture=replace(recipe.architecture, shortcuts=False))


RUNS = {
    "landscape-mnist": Landscape(
        "Surfaces · MNIST 5,000 · MLP 784-64-10 · He init",
        (Recipe(architecture=MLP((784, 64, 10)), epochs=10),),
        samples=100,
        takes="1 min",
    ),
    "landscape-resnet": Landscape(
        "Surfaces · CIFAR-10, 2,000 images · ResNets of width 8, with and without shortcuts",
        (SMALL, _without_shortcuts(SMALL), DEEP, _without_shortcuts(DEEP)),
        _slices(19),
        samples=10,
        points=21,
        takes="12 min",
    ),
    "landscape-resnet-56": Landscape(
        "Surfaces · CIFAR-10 · ResNet-56, with and without shortcuts",
        (WHOLE, _without_shortcuts(WHOLE)),
        _slices(51),
        samples=1000,
        takes="10 days (5 h on a GPU, both estimated)",
    ),
}
