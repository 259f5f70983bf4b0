"""Weights that others trained, as part of settings; and the two of Li et al. 2018. Needs no torch.

`construction.experiments.given` reads them.
"""

from dataclasses import dataclass, replace

from ..network.architectures import ResNet, Shortcuts
from ..training.recipe import Recipe


@dataclass(frozen=True)
class Published:
    """Weights that others trained, in the place of a recipe: nothing is trained for them.

    Attributes:
        recipe: of the network, its data and, as far as a recipe can say, its training.
        error: of the weights on all test images, as their authors say.
        origin, licence: of the weights, which are not part of the package.
    """

    recipe: Recipe
    error: float
    origin: str
    licence: str


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


#: The two of the paper: shortcuts, test error as kept beside the weights, and folder.
_PAPER: tuple[tuple[Shortcuts, float, str], ...] = (
    ("convolutions", 0.0634, "resnet56_sgd_lr=0.1_bs=128_wd=0.0005"),
    (False, 0.1331, "resnet56_noshort_sgd_lr=0.1_bs=128_wd=0.0005"),
)
GIVEN = tuple(
    Published(
        replace(WHOLE, architecture=ResNet(56, shortcuts=shortcuts)),
        error,
        f"github.com/tomgoldstein/loss-landscape, commit 820dc27, cifar10/trained_nets/{folder}",
        "MIT, 2017 Hao Li, Zheng Xu, Gavin Taylor, Christoph Studer and Tom Goldstein",
    )
    for shortcuts, error, folder in _PAPER
)
