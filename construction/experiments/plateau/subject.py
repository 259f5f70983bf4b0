"""What a plateau is measured on: a trained network and its data, or the user's files for ImageNet.

What ImageNet costs: each treatment takes two forward passes a lambda, over training and validation
images, or over the training images twice where statistics are recomputed. With 101 lambdas, three
treatments and 5,000 images that is 101 x 3 x 2 x 5,000 = 3.0 million images. At 4.1 billion
multiply-adds an image (ResNet-50 at 224 x 224) these are 1.2e16. Measured, on one core of a CPU: a
network of ResNet-50's shapes takes 0.14 s an image, so 5 days; a photograph of 500 x 400 pixels is
decoded in 3 ms, once, so half a minute for all 10,000, which are kept as bytes, 1.5 GB. Not
measured: at 1,000 images a second, as a GPU may take, 50 minutes. `cost` measures what an image
takes, and the run reports it beforehand.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ...data.image_folder import Images, read_folder
from ...errors import InputError
from ...files.user_code import call_user_code
from ...files.weights import checksum, load_weights
from ...network.heads import evaluate
from ...network.networks import seeded
from ...network.states import State
from ...training.build import inputs_of
from ...training.training import Run
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


class Subject(NamedTuple):
    """A network, the weights at both ends of its line, and data.

    Attributes:
        label: of the network.
        model, initial, final, data, test, loss: see `line_and_path`.
        stage: what names of stages end with.
        described: what the manifest says of it besides.
    """

    label: str
    model: nn.Module
    initial: State
    final: State
    data: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]
    loss: str
    stage: str = ""
    described: Mapping[str, Any] = {}


def of_run(run: Run, images: int | None) -> Subject:
    """A trained network, on the first so many of its training and test images."""
    inputs, targets, test_inputs, test_targets = inputs_of(run.recipe)
    some = slice(images)
    return Subject(
        run.recipe.architecture.label,
        run.model(),
        run.initial,
        run.final,
        (inputs[some], targets[some]),
        (test_inputs[some], test_targets[some]),
        run.recipe.loss,
    )


def of_files(settings: ImageNet) -> Subject:
    """The network and images in the user's files.

    Raises:
        InputError: a file that is not named, or a model that cannot be made.
        DataError, WeightsError: see `read_folder` and `load_weights`.
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
    model = Standardised(_network(settings))
    trained = load_weights(settings.checkpoint)
    final = {f"network.{name}": value for name, value in trained.items()}
    train, test = _images(settings)
    data, other = (
        (torch.from_numpy(images.pixels), torch.from_numpy(images.labels))
        for images in (train, test)
    )
    weights = checksum(final)
    return Subject(
        "ResNet-50",
        model,
        dict(model.state_dict()),
        final,
        data,
        other,
        "cross_entropy",
        f"-{weights[:12]}-{train.checksum[:12]}",
        {
            "image_checksums": {"train": train.checksum, "val": test.checksum},
            "checkpoint_checksum": weights,
            "classes": len(train.classes),
        },
    )


def _network(settings: ImageNet) -> nn.Module:
    """The user's, with new weights of the seed."""
    with seeded(settings.seed):
        network = call_user_code(settings.model, (), "a model")
    if not isinstance(network, nn.Module):
        raise InputError(
            f"{settings.model} to return an nn.Module",
            type(network).__name__,
            "Return the network.",
        )
    return network


def _images(settings: ImageNet) -> tuple[Images, Images]:
    """Of training and of validation."""
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
    return train, test


def cost(settings: ImageNet, subject: Subject, device: str) -> str:
    """How many images the network will see, and how long each takes, measured on four of them."""
    state = {name: value.to(device) for name, value in subject.final.items()}
    inputs = subject.data[0][:4].to(device)
    with torch.no_grad():
        for _ in range(2):  # the first time is for whatever is set up then
            began = time.perf_counter()
            evaluate(subject.model.to(device), state, inputs).sum().item()
            seconds = (time.perf_counter() - began) / len(inputs)
    images = PASSES * len(settings.treatments) * settings.points * len(subject.data[1])
    return f"{images:,} images at {1000 * seconds:.0f} ms each: {images * seconds / 3600:.1f} h"
