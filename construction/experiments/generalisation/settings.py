"""Whether the shape of the line tells the test accuracy, over the runs of a sweep.

`construction.experiments.generalisation.measure` conducts it.
"""

from dataclasses import dataclass

from ..settings import Settings
from ..sweep.settings import RUNS as SWEEPS
from ..sweep.settings import Sweep


@dataclass(frozen=True)
class Generalisation(Settings):
    """All that decides rank correlations over a sweep.

    Attributes:
        sweep: whose runs they are over, one of the named ones.
        confidence: of all intervals together.
        resamples: of the bootstrap.
        seed: of the bootstrap.
    """

    sweep: Sweep
    confidence: float = 0.95
    resamples: int = 4000
    seed: int = 0


RUNS = {
    "generalisation": Generalisation(
        "MNIST, 2,000 images · line and test accuracy, 60 recipes", SWEEPS["sweep"], takes="5 min"
    ),
}
