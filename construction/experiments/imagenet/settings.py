"""The plateau on ImageNet, from files of the user's: what is asked.

    CONSTRUCTION_IMAGENET     the folder that has train/ and val/, a folder a class in each
    CONSTRUCTION_CHECKPOINT   trained weights, .safetensors, .pt or .pth
    CONSTRUCTION_MODEL        FILE.py:FUNCTION or package.module:FUNCTION that gives the network,
                              torchvision's ResNet-50 without it

These are settings like others, so the results of other files are kept apart.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from ..settings import TREATMENTS, Settings, Treatment


def _named(variable: str, otherwise: str = "") -> str:
    """A field that the environment fills."""
    named: str = field(default_factory=lambda: os.environ.get(variable, otherwise))
    return named


@dataclass(frozen=True)
class ImageNet(Settings):
    """All that decides what is measured along the line to a user's trained weights.

    The line begins at new initial weights of the seed, as published weights come without those they
    were trained from.

    Attributes:
        folder, checkpoint, model: see above.
        per_class: training and validation images of each class.
        size, resized: see `construction.data.image_folder.read_folder`.
        seed: of the initial weights.
        treatments, points, checks: see `construction.experiments.plateau.settings.Plateau`.
    """

    folder: str = _named("CONSTRUCTION_IMAGENET")
    checkpoint: str = _named("CONSTRUCTION_CHECKPOINT")
    model: str = _named("CONSTRUCTION_MODEL", "torchvision.models:resnet50")
    per_class: int = 5
    size: int = 224
    resized: int = 256
    seed: int = 0
    treatments: tuple[Treatment, ...] = TREATMENTS
    points: int = 101
    checks: int = 0


RUNS = {
    "plateau-imagenet": ImageNet(
        "ImageNet, 5 images a class · ResNet-50 · the user's weights",
        takes="an hour with a GPU, 5 days without (estimated), from files of yours",
    ),
}
