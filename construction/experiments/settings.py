"""Settings of a run: what every kind has in common, published weights, batch norm's treatments."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Literal

from ..files.archive import FORMAT
from ..files.storage import digest_of
from ..network.architectures import ResNet, Shortcuts
from ..training.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """All that decides a result; each kind of run has a subclass, a frozen dataclass.

    Fields are plain values, tuples, and recipes.

    Attributes:
        title: what the result is of, shown in footers.
        takes: about how long the run takes on two cores.
    """

    #: Bump when unchanged settings give different results. Results are cached under it and not
    #: under the package's version, as most of them stay the same from one version to the next.
    revision: ClassVar[int] = 1
    #: Threads that measure on whatever machine, as their number decides the rounding; None for as
    #: many as there are. A training has one.
    threads: ClassVar[int | None] = 1
    #: Whether its networks have nothing to do with each other, so that jobs may share them out.
    divides: ClassVar[bool] = False
    #: Fields that the kind no longer has, with the one value that its runs had: results found
    #: under them are the same still, and keep their names.
    retired: ClassVar[Mapping[str, Any]] = {}

    title: str
    takes: str = field(default="", kw_only=True)

    @property
    def digest(self) -> str:
        """Names the result; `title` and `takes` do not count.

        >>> Settings("One title").digest == Settings("Another", takes="1 s").digest
        True
        """
        code = {"format": FORMAT, "training": Recipe.revision, "revision": self.revision}
        whole = {"kind": type(self).__name__, "code": code, **asdict(self), **self.retired}
        return digest_of(whole | {"title": "", "takes": ""})

    @property
    def lines(self) -> int | None:
        """How many lines its run reports, for a film's bar; None where that is not said."""
        return None

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets it needs: every field named `data`, those of recipes included."""
        return tuple(dict.fromkeys(_data_in(asdict(self))))


def _data_in(entries: Any) -> Iterator[str]:
    if isinstance(entries, Mapping):
        for key, value in entries.items():
            yield from [value] if key == "data" else _data_in(value)
    elif isinstance(entries, list | tuple):
        for value in entries:
            yield from _data_in(value)


#: What happens to batch normalisation along the line: running statistics are interpolated like
#: weights; or measured anew at each lambda; or each batch is normalised by its own statistics; or
#: the network has no batch normalisation.
Treatment = Literal["interpolate", "recompute", "batch", "none"]
TREATMENTS: tuple[Treatment, ...] = ("interpolate", "recompute", "batch")


@dataclass(frozen=True)
class Published:
    """Weights that others trained, in the place of a recipe; `given` reads them.

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
