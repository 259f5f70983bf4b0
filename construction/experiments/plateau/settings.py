"""Runs along one straight line, batch norm treated in several ways, and the path below it."""

from dataclasses import dataclass, replace

from ...network.architectures import MLP, ResNet
from ...training.recipe import Recipe
from ..settings import TREATMENTS, Settings, Treatment


@dataclass(frozen=True)
class Plateau(Settings):
    """All that decides what is measured along a line, and the path that is constructed below it.

    Attributes:
        recipe: of the network.
        treatments: of its batch normalisation.
        points: lambdas, evenly.
        images: the first so many training images are measured on; all of the recipe's when None.
        checks: points at which the constructed path is checked in float64; none for 0.
        others: further seeds, whose objective is measured under the first treatment alone.
    """

    recipe: Recipe
    treatments: tuple[Treatment, ...] = TREATMENTS
    points: int = 101
    images: int | None = None
    checks: int = 21
    others: tuple[int, ...] = ()


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
#: As He et al. 2015 (arXiv 1512.03385, section 4.2) train it, and Frankle 2020.
RESIDUAL = Recipe(
    data="cifar-10",
    augmented=True,
    architecture=ResNet(20),
    initialisation="default",
    loss="cross_entropy",
    optimiser="sgd",
    momentum=0.9,
    weight_decay=1e-4,
    rate=0.1,
    schedule="step",
    epochs=160,
    batch_size=128,
    checkpoints=1,
)
#: The same on 1,000 images, not augmented, for as long as a CPU may take.
SHORT = replace(RESIDUAL, samples=100, augmented=False, epochs=20, batch_size=50)
#: Of the sweep's recipes the one whose line climbs highest above its start.
BARRIER = Recipe(
    samples=200,
    architecture=MLP((784, *[64] * 9, 10), batch_norm=True),
    initialisation="default",
    seed=1,
    loss="cross_entropy",
    rate=0.1,
    schedule="constant",
    epochs=10,
    batch_size=50,
    checkpoints=1,
)

RUNS = {
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
    "plateau-resnet-full": Plateau(
        "CIFAR-10, 50,000 images · ResNet-20 · 160 epochs",
        RESIDUAL,
        images=10_000,
        takes="hours with a GPU, days without (estimated)",
    ),
}
