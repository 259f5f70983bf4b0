"""The settings of named runs, and the files that their hash names; read without torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from .archive import FORMAT
from .errors import InputError
from .storage import cache_folder, digest_of


@dataclass(frozen=True)
class Recipe:
    """All that decides a training run.

    Attributes:
        data: name of the data set.
        widths, initialisation, seed: see `construction.networks.mlp`; the seed also decides the
            order of the samples.
        epochs, batch_size: passes over the data, samples a step.
        rate: the highest learning rate of the one-cycle schedule (Smith and Topin 2019,
            arXiv 1708.07120), of Adam with its usual constants.
        checkpoints: how many weights are kept, evenly over the steps, the final ones included and
            the initial ones besides.

    The defaults reach a training objective of about 0.005 on ``mnist-5k``.
    """

    data: str = "mnist-5k"
    widths: tuple[int, ...] = (784, 512, 512, 10)
    initialisation: Literal["he", "default"] = "he"
    seed: int = 0
    epochs: int = 30
    batch_size: int = 100
    rate: float = 3e-3
    checkpoints: int = 60

    @property
    def digest(self) -> str:
        """Names the folder of the run."""
        return digest_of(asdict(self))


@dataclass(frozen=True)
class Experiment:
    """All that decides a record.

    Attributes:
        title: shown in the film's footer.
        recipe: of the network whose path is constructed.
        detour_seed: of a second network, trained alike, through whose weights the second route
            runs; None for the straight line alone.
        points: lambdas on each route.
        profiles: constructed on every route; the film tells the first and the valley, and shows
            the paper's beside them.
        checks: points of each certificate.
        takes: about how long it takes on two cores.
    """

    title: str
    recipe: Recipe
    detour_seed: int | None = 1
    points: int = 401
    profiles: tuple[str, ...] = ("even", "paper", "valley")
    checks: int = 151
    takes: str = ""

    @property
    def digest(self) -> str:
        """Names the record; `title` and `takes` do not count."""
        return _digest(self)


@dataclass(frozen=True)
class Proposition:
    """All that decides a study of Proposition 1, see `construction.study`.

    Attributes:
        title: of the study.
        data, per_digit: the first so many training images of each digit of a data set, in the
            set's own order.
        samples: on how many of these, from the first on, the objective is taken.
        before, widths: hidden widths before the last one, and of the last one.
        initialisations: of `construction.random_networks.INITIALISATIONS`.
        losses: of `construction.catalogue.LOSSES`.
        networks, seed, confidence: see `construction.proposition.probability`.
        takes: about how long it takes on two cores.
    """

    title: str
    data: str = "mnist-5k"
    per_digit: int = 20
    samples: tuple[int, ...] = (1, 200)
    before: tuple[int, ...] = ()
    widths: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    initialisations: tuple[str, ...] = ("he", "small", "sphere", "default", "xavier")
    losses: tuple[str, ...] = ("squared", "cross_entropy")
    networks: int = 2000
    seed: int = 0
    confidence: float = 0.9999
    takes: str = ""

    @property
    def digest(self) -> str:
        """Names the study; `title` and `takes` do not count."""
        return _digest(self)


def _digest(settings: Experiment | Proposition) -> str:
    code = {"format": FORMAT, "version": version("construction")}
    return digest_of(asdict(settings) | {"title": "", "takes": ""} | code)


EXPERIMENTS: dict[str, Experiment | Proposition] = {
    "mnist-mlp": Experiment("MNIST 5,000 · MLP 784-512-512-10 · He init", Recipe(), takes="3 min"),
    "mnist-mlp-default": Experiment(
        "MNIST 5,000 · MLP 784-512-512-10 · PyTorch's init",
        Recipe(initialisation="default"),
        takes="3 min",
    ),
    "mnist-mlp-full": Experiment(
        "MNIST 60,000 · MLP 784-512-512-10 · He init",
        Recipe(data="mnist", epochs=10),
        points=101,
        checks=51,
        takes="15 min (estimated) and a download of 11 MB",
    ),
    "digits-mlp": Experiment(
        "MNIST 5,000 · MLP 784-128-10 · He init",
        Recipe(widths=(784, 128, 10)),
        points=101,
        checks=101,
        takes="30 s",
    ),
    "proposition-1": Proposition(
        "Proposition 1 · MNIST, 1 and 200 digits · MLP 784-n-10", takes="2 min"
    ),
}


def record_path(name: str) -> Path:
    """Where the record of a named run is cached.

    Raises:
        InputError: no run of that name.
    """
    return cache_folder() / "records" / f"{name}-{named(name).digest}.npz"


def part_path(place: Path, stage: str) -> Path:
    """Where a finished stage of a run is kept until the record at `place` is written.

    >>> part_path(Path("tiny-0123.npz"), "line").name
    'tiny-0123-line.part.npz'
    """
    return place.with_name(f"{place.stem}-{stage}.part.npz")


def parts(place: Path) -> list[Path]:
    """Stages of an interrupted run."""
    return list(place.parent.glob(f"{place.stem}-*.part.npz"))


def named(name: str) -> Experiment | Proposition:
    """The settings of a named run.

    Raises:
        InputError: no run of that name.
    """
    if name not in EXPERIMENTS:
        raise InputError(
            f"the name of a run among {', '.join(map(repr, EXPERIMENTS))}",
            repr(name),
            "`python -m construction list` shows them.",
        )
    return EXPERIMENTS[name]
