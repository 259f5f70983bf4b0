"""The plateau of ResNet-50 on ImageNet, from a folder and a checkpoint of the user's.

What it costs: each treatment takes two forward passes a lambda, over training and validation
images, or over the training images twice where statistics are recomputed. With 101 lambdas, three
treatments and 5,000 images that is 101 x 3 x 2 x 5,000 = 3.0 million images. At 4.1 billion
multiply-adds an image (ResNet-50 at 224 x 224) these are 1.2e16. Measured, on one core of a CPU: a
network of ResNet-50's shapes takes 0.14 s an image, so 5 days; a photograph of 500 x 400 pixels is
decoded in 3 ms, once, so half a minute for all 10,000, which are kept as bytes, 1.5 GB. Not
measured: at 1,000 images a second, as a GPU may take, 50 minutes. `cost` measures what an image
takes, and the run says it beforehand.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ...data.image_folder import Images, read_folder
from ...errors import InputError
from ...files.user_code import call_user_code
from ...files.weights import checksum, read_weights
from ...network.heads import State, evaluate
from ...network.networks import seeded
from ...record.findings import Findings
from ..plateau.measure import summed_up
from ..plateau.route import route
from ..plateau.words import told
from ..settings import Treatment
from ..stages import Report, Stages
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


class Given(NamedTuple):
    """What the user's files hold."""

    model: Standardised
    initial: State
    final: State
    train: Images
    test: Images


def conduct(settings: ImageNet, stages: Stages, report: Report) -> Findings:
    """Measure the line to the user's weights under each treatment; each is a stage.

    Args:
        settings: which files, and what to measure.
        stages: what is finished.
        report: receives a line a stage, the cost beforehand, and the finding.

    Raises:
        InputError: a file that is not named, or a model that cannot be made.
        DataError, WeightsError: see `read_folder` and `read_weights`.
    """
    found = given(settings)
    sums = {"train": found.train.checksum, "val": found.test.checksum}
    seconds = cost(found, stages.device)
    images = PASSES * len(settings.treatments) * settings.points * len(found.train.labels)
    report(f"  {images:,} images at {1000 * seconds:.0f} ms each: {images * seconds / 3600:.1f} h")
    parts: dict[str, Findings] = {}
    for treatment in settings.treatments:
        name = f"{treatment}-{checksum(found.final)[:12]}-{found.train.checksum[:12]}"
        parts[treatment] = stages.once(name, partial(_treated, settings, found, treatment, stages))
        report(f"  {told(parts[treatment])}")
    return summed_up(parts, "ResNet-50", report).described(
        image_checksums=sums,
        checkpoint_checksum=checksum(found.final),
        classes=len(found.train.classes),
    )


def given(settings: ImageNet) -> Given:
    """Read the user's files.

    Raises:
        InputError, DataError, WeightsError: see `conduct`.
    """
    for variable, value in (
        ("CONSTRUCTION_IMAGENET", settings.folder),
        ("CONSTRUCTION_CHECKPOINT", settings.checkpoint),
    ):
        if not value:
            raise InputError(
                f"a path in the environment variable {variable}",
                "none",
                "`construction.experiments.imagenet.settings` says what each of the three is.",
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
    return Given(model, dict(model.state_dict()), final, train, test)


def cost(found: Given, device: str, images: int = 4) -> float:
    """Seconds of the network's forward pass an image, measured on a few of them."""
    state = {name: value.to(device) for name, value in found.final.items()}
    inputs = torch.from_numpy(found.train.pixels[:images]).to(device)
    with torch.no_grad():
        for _ in range(2):  # the first time is for whatever is set up then
            began = time.perf_counter()
            evaluate(found.model.to(device), state, inputs).sum().item()
            seconds = time.perf_counter() - began
    return seconds / len(inputs)


def _treated(settings: ImageNet, found: Given, treatment: Treatment, stages: Stages) -> Findings:
    train, test = (
        (torch.from_numpy(one.pixels), torch.from_numpy(one.labels))
        for one in (found.train, found.test)
    )
    return route(
        found.model,
        (found.initial, found.final),
        train,
        loss="cross_entropy",
        treatment=treatment,
        points=settings.points,
        checks=settings.checks,
        device=stages.device,
        test=test,
    )
