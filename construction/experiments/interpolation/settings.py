"""Runs along straight lines of weights, and along one under several treatments of batch norm."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from ...errors import require_points
from ...network.architectures import LSTM, MLP, Architecture, LeNet, ResNet
from ...training.recipe import Recipe
from ..settings import GIVEN, TREATMENTS, WHOLE, Published, Settings, Treatment

#: Where a line to trained weights begins: at the weights that training began with; at initial
#: weights of the same kind that it did not begin with; at the trained weights of the next seed.
Start = Literal["initial", "random", "solution"]


@dataclass(frozen=True)
class Interpolation(Settings):
    """All that decides what is measured along lines.

    Attributes:
        recipes: of the networks, of whose kinds (`kind_of_network`) no two are alike.
        seeds: each network is trained with every one of them.
        starts: where the lines begin.
        points: alphas on [0, 1], both ends included; beyond 1 the step is the same. Twice as dense
            as the published ones.
        farthest: the last alpha, at least 1; so that the steps fit.
    """

    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    starts: tuple[Start, ...] = ("initial",)
    points: int = 21
    farthest: float = 2.0


@dataclass(frozen=True)
class Plateau(Settings):
    """All that decides what is measured along a line, and the path that is constructed below it.

    Attributes:
        recipe: of the network; published weights have other initial ones than their training had.
        treatments: of its batch normalisation.
        points: lambdas, evenly.
        images: the first so many training images are measured on; all of the recipe's when None.
        checks: points at which the constructed path is checked in float64; none for 0.
        others: further seeds, whose objective is measured under the first treatment alone.
    """

    revision: ClassVar[int] = 2

    recipe: Recipe | Published
    treatments: tuple[Treatment, ...] = TREATMENTS
    points: int = 101
    images: int | None = None
    checks: int = 21
    others: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.checks:  # told before hours of measuring, not after
            require_points(self.checks, 5, "21 are usual, and 0 for no check.")


def kind_of_network(architecture: Architecture) -> str:
    """One word: the activation of a fully connected network, or the name of another."""
    if not isinstance(architecture, MLP):
        return architecture.name
    return "linear" if architecture.activation == "none" else architecture.activation


def _sgd(architecture: Architecture, rate: float, epochs: int) -> Recipe:
    """Stochastic gradient descent from small weights, and cross-entropy, as published."""
    return Recipe(
        architecture=architecture,
        initialisation="default",
        loss="cross_entropy",
        optimiser="sgd",
        momentum=0.9,
        schedule="cosine",
        rate=rate,
        epochs=epochs,
        checkpoints=1,
    )


#: The six of the two long runs, with rate and epochs of `_sgd` and of Adam; a maxout layer has two
#: pieces a unit, and so as many weights.
SIX: tuple[tuple[Architecture, tuple[float, int], tuple[float, int]], ...] = (
    (MLP((784, 128, 128, 10)), (0.05, 12), (3e-3, 30)),
    (MLP((784, 128, 128, 10), "sigmoid"), (0.3, 12), (3e-3, 30)),
    (MLP((784, 64, 64, 10), "maxout"), (0.05, 12), (3e-3, 30)),
    (LeNet(), (0.03, 12), (3e-3, 12)),
    (LSTM(hidden=64), (0.2, 20), (5e-3, 12)),
    (MLP((784, 128, 128, 10), "none"), (0.02, 30), (1e-3, 30)),
)
#: By the package's own recipe: Adam from large weights, and the squared loss.
BY_ADAM = tuple(
    Recipe(architecture=network, rate=rate, epochs=epochs, checkpoints=1)
    for network, _, (rate, epochs) in SIX
)

RUNS = {
    "goodfellow-mnist": Interpolation(
        "MNIST 5,000 · six networks · cross-entropy · SGD",
        tuple(_sgd(network, *how) for network, how, _ in SIX),
        takes="6 min (estimated)",
    ),
    "goodfellow-squared": Interpolation(
        "MNIST 5,000 · six networks · squared loss · Adam · He init",
        BY_ADAM,
        takes="6 min (estimated)",
    ),
    "two-solutions": Interpolation(
        "MNIST 5,000 · two solutions, and random weights · squared loss",
        (BY_ADAM[0], BY_ADAM[3], BY_ADAM[4]),
        seeds=(0, 1, 2),
        starts=("solution", "random"),
        farthest=1.0,
        takes="3 min (estimated)",
    ),
    "goodfellow-quick": Interpolation(
        "MNIST 5,000 · MLP 784-64-10 · cross-entropy · SGD",
        (_sgd(MLP((784, 64, 10)), 0.05, 10),),
        seeds=(0, 1, 2),
        takes="10 s",
    ),
}

#: Ten layers of weights, PyTorch's own initialisation, Adam at its usual rate. Seed 1 is the one of
#: the first five whose line rises most; the others are measured beside it.
DEEP = Recipe(
    architecture=MLP((784, *[100] * 9, 10), batch_norm=True),
    initialisation="default",
    seed=1,
    loss="cross_entropy",
    rate=1e-3,
    schedule="constant",
    epochs=12,
    checkpoints=1,
)
#: As He et al. 2015 (arXiv 1512.03385, section 4.2) train it, and Frankle 2020; but on 1,000
#: images, not augmented, for as long as a CPU may take.
SHORT = replace(
    WHOLE,
    samples=100,
    augmented=False,
    architecture=ResNet(20),
    initialisation="default",
    weight_decay=1e-4,
    epochs=20,
    batch_size=50,
    checkpoints=1,
)
#: Of the sweep's recipes the one whose line climbs highest above its start.
BARRIER = replace(
    DEEP,
    samples=200,
    architecture=MLP((784, *[64] * 9, 10), batch_norm=True),
    rate=0.1,
    epochs=10,
    batch_size=50,
)

PLATEAUS = {
    "plateau-mlp": Plateau(
        "MNIST 5,000 · MLP 784-100x9-10 with batch norm",
        DEEP,
        images=2000,
        others=(0, 2, 3, 4),
        takes="2 min",
    ),
    "barrier-mlp": Plateau(
        "2,000 digits · MLP 784-64x9-10 with batch norm",
        BARRIER,
        treatments=("interpolate", "recompute"),
        others=(0, 2, 3, 4),
        takes="1 min",
    ),
    "plateau-resnet": Plateau(
        "CIFAR-10, 1,000 images · ResNet-20 · 20 epochs",
        SHORT,
        points=41,
        images=200,
        checks=5,
        takes="7 min",
    ),
    "plateau-resnet-56-given": Plateau(
        "CIFAR-10 · ResNet-56 of Li et al. · not from its own start",
        GIVEN[0],
        points=21,
        images=2000,
        checks=5,
        takes="35 min, from files of yours",
    ),
}
