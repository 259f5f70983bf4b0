"""How a network is trained: the settings of a run. Needs no torch."""

from dataclasses import asdict, dataclass, field
from typing import ClassVar, Literal

from ..files.storage import digest_of
from ..network.architectures import MLP, Architecture, Initialisation

#: `construction.training.training` says what each minimises, `construction.training.build` what the
#: next two do.
Objective = Literal["squared", "cross_entropy"]
Optimiser = Literal["adam", "sgd"]
Schedule = Literal["one-cycle", "constant", "cosine", "step"]


@dataclass(frozen=True)
class Recipe:
    """All settings of a training run; another value of any gives another run.

    Attributes:
        data: name of the data set.
        samples: how many training images of each class, the first ones; all when None.
        augmented: whether images are shifted by up to 4 pixels and mirrored while training.
        architecture: of the network, with its options.
        initialisation: see `construction.network.networks.mlp`.
        seed: of the initial weights, of the order of the samples, and of their augmentation.
        loss: the objective is its mean.
        optimiser, momentum, weight_decay: see `construction.training.build.optimiser_of`.
        rate, schedule: the highest learning rate, and its course.
        epochs, batch_size: passes over the data, samples a step.
        checkpoints: how many weights are kept besides the initial ones, evenly over the steps, the
            final ones among them.

    The defaults reach a training objective of about 0.005 on ``mnist-5k``.
    """

    #: To be raised whenever an unchanged recipe gives different weights.
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
        """Twelve digits of these settings, which name the folder of the run."""
        return digest_of(asdict(self) | {"revision": self.revision})
