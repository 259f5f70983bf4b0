"""The user's files for the plateau of ResNet-50 on ImageNet, and what measuring it costs.

Each treatment takes two forward passes a lambda, over training and validation images, or over the
training images twice where statistics are recomputed. With 101 lambdas, three treatments and 5,000
images that is 101 x 3 x 2 x 5,000 = 3.0 million images. At 4.1 billion multiply-adds an image
(ResNet-50 at 224 x 224) these are 1.2e16. Measured, on one core of a CPU: a network of ResNet-50's
shapes takes 0.14 s an image, so 5 days; a photograph of 500 x 400 pixels is decoded in 3 ms, once,
so half a minute for all 10,000, which are kept as bytes, 1.5 GB. Not measured: at 1,000 images a
second, as a GPU may take, 50 minutes. `seconds_an_image` measures it, and the run reports the cost
beforehand.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...data.image_folder import Images, read_folder
from ...errors import InputError
from ...files.user_code import call_user_code
from ...files.weights import checksum, read_weights
from ...network.heads import State, evaluate
from ...network.networks import seeded
from .settings import ImageNet

#: Of ImageNet's training pixels, scaled to [0, 1], as published weights presume them.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Forward passes a lambda and treatment, see above.
PASSES = 2


class Standardised(nn.Module):
    """A network for uint8 images, which become numbers of mean 0 and standard deviation 1 inside.

    So a thousand images are kept in 150 MB, and converted where they are needed.

    Args:
        network: that takes (images, 3, rows, columns) standardised.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(images, 3, rows, columns) of uint8 -> outputs."""
        weights = next(self.network.parameters())
        mean, std = (
            torch.tensor(one, dtype=weights.dtype, device=weights.device)[:, None, None]
            for one in (MEAN, STD)
        )
        outputs: Tensor = self.network((images.to(weights.dtype) / 255 - mean) / std)
        return outputs


@dataclass(frozen=True)
class Files:
    """What the user's files hold.

    Attributes:
        model: the network, for uint8 images.
        initial, final: new initial weights, and those of the checkpoint.
        train, test: images of the folders train and val, of the same classes.
    """

    model: Standardised
    initial: State
    final: State
    train: Images
    test: Images

    @property
    def described(self) -> dict[str, Any]:
        """What the manifest says of them."""
        return {
            "image_checksums": {"train": self.train.checksum, "val": self.test.checksum},
            "checkpoint_checksum": checksum(self.final),
            "classes": len(self.train.classes),
        }


def read_files(settings: ImageNet) -> Files:
    """Read the user's files.

    Raises:
        InputError: a file that is not named, or a model that cannot be made.
        DataError, WeightsError: see `read_folder` and `read_weights`.
    """
    for variable, value in (
        ("CONSTRUCTION_IMAGENET", settings.folder),
        ("CONSTRUCTION_CHECKPOINT", settings.checkpoint),
    ):
        if not value:
            raise InputError(
                f"a path in the environment variable {variable}",
                "none",
                f"`{ImageNet.__module__}` says what each of the three is.",
            )
    with seeded(settings.seed):
        network = call_user_code(settings.model, (), "a model")
    if not isinstance(network, nn.Module):
        raise InputError(
            f"{settings.model} to return an nn.Module",
            type(network).__name__,
            "Return the network.",
        )
    model = Standardised(network)
    trained = read_weights(Path(settings.checkpoint))
    final = {f"network.{name}": value for name, value in trained.items()}
    train, test = (
        read_folder(
            Path(settings.folder) / part,
            per_class=settings.per_class,
            size=settings.size,
            resized=settings.resized,
        )
        for part in ("train", "val")
    )
    if train.classes != test.classes:
        raise InputError(
            "the same classes in train and val",
            f"{len(train.classes)} and {len(test.classes)}, or other names",
            "Lay both out as ImageNet's training images are: a folder a class.",
        )
    return Files(model, dict(model.state_dict()), final, train, test)


def seconds_an_image(files: Files, device: str, images: int = 4) -> float:
    """Of the network's forward pass, measured on a few images."""
    state = {name: value.to(device) for name, value in files.final.items()}
    inputs = torch.from_numpy(files.train.pixels[:images]).to(device)
    with torch.no_grad():
        for _ in range(2):  # the first time is for whatever is set up then
            began = time.perf_counter()
            evaluate(files.model.to(device), state, inputs).sum().item()
            seconds = time.perf_counter() - began
    return seconds / len(inputs)
