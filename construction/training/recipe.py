"""How a network is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import ClassVar, Literal

from ..files.storage import digest_of
from ..network.architectures import MLP, Architecture, Initialisation

#: `construction.training.training` says what each minimises, `construction.training.optimisers` the
#: next two.
Objective = Literal["squared", "cross_entropy"]
Optimiser = Literal["adam", "sgd"]
Schedule = Literal["one-cycle", "constant", "cosine", "step"]


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run.

    Attributes:
        data: name of the data set.
        samples: the first so many training images of each class; all when None.
        augmented: whether images are moved by up to 4 pixels and mirrored while training.
        architecture: of the network, with its options.
        initialisation: see `construction.network.networks.mlp`.
        seed: of the initial weights, of the order of the samples, and of their augmentation.
        loss: the objective is its mean.
        optimiser, momentum, weight_decay: see `construction.training.optimisers.optimiser_of`.
        rate, schedule: the highest learning rate, and its course.
        epochs, batch_size: passes over the data, samples a step.
        checkpoints: how many weights are kept, evenly over the steps, the final ones included and
            the initial ones besides.

    The defaults reach a training objective of about 0.005 on ``mnist-5k``.
    """

    #: Raised whenever the same recipe comes to other weights.
    revision: ClassVar[int] = 1

    data: str = "mnist-5k"
    samples: int | None = None
    augmented: bool = False
    architecture: Architecture = field(default_factory=MLP)
    initialisation: Initialisation = "he"
    seed: int = 0
    loss: Objective = "squared"
    optimiser: Optimiser = "adam"
    momentum: float = 0.0
    weight_decay: float = 0.0
    rate: float = 3e-3
    schedule: Schedule = "one-cycle"
    epochs: int = 30
    batch_size: int = 100
    checkpoints: int = 60

    @property
    def digest(self) -> str:
        """Names the folder of the run."""
        return digest_of(asdict(self) | {"revision": self.revision})
