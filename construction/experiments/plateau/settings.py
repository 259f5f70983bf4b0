"""Runs along one straight line, batch norm treated in several ways, and the path below it.

The run on ImageNet takes the user's files, named in the environment; they are settings like others,
so the results of other files are kept apart:

    CONSTRUCTION_IMAGENET     the folder that has train/ and val/, a folder a class in each
    CONSTRUCTION_CHECKPOINT   trained weights, .safetensors, .pt or .pth
    CONSTRUCTION_MODEL        FILE.py:FUNCTION or package.module:FUNCTION that gives the network,
                              torchvision's ResNet-50 without it
"""

import os
from dataclasses import dataclass, field, replace

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


def _from_environment(variable: str, default: str = "") -> str:
    """A field whose default is an environment variable's value."""
    value: str = field(default_factory=lambda: os.environ.get(variable, default))
    return value


@dataclass(frozen=True)
class ImageNet(Settings):
    """All that decides what is measured along the line to a user's trained weights.

    The line begins at new initial weights of the seed, as published weights come without those they
    were trained from.

    Attributes:
        folder, checkpoint, model: see the top of this file.
        per_class: training and validation images of each class.
        size, resized: see `construction.data.image_folder.read_folder`.
        seed: of the initial weights.
        treatments, points, checks: see `Plateau`.
    """

    folder: str = _from_environment("CONSTRUCTION_IMAGENET")
    checkpoint: str = _from_environment("CONSTRUCTION_CHECKPOINT")
    model: str = _from_environment("CONSTRUCTION_MODEL", "torchvision.models:resnet50")
    per_class: int = 5
    size: int = 224
    resized: int = 256
    seed: int = 0
    treatments: tuple[Treatment, ...] = TREATMENTS
    points: int = 101
    checks: int = 0


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

IMAGENET_RUNS = {
    "plateau-imagenet": ImageNet(
        "ImageNet, 5 images a class · ResNet-50 · the user's weights",
        takes="an hour with a GPU, 5 days without (estimated), from files of yours",
    ),
}
