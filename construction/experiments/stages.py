"""What a run is handed: trained networks, and stages kept when they are done.

An interrupted run therefore goes on where it stopped. Of several processes (see
`construction.forward.ranks`) the first trains, reads and keeps; all of them measure.
"""

from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import RecordError
from ..files.storage import cache_folder, versions
from ..forward.ranks import of_first_rank
from ..record.findings import Findings
from ..record.record import Record
from ..training.recipe import Recipe
from ..training.side_by_side import Outcome, train_all
from ..training.training import Run
from .kept import part_path

#: Receives one line about what begins or has been found.
Report = Callable[[str], None]

#: The number of a share, from 1 on, and how many shares there are.
Part = tuple[int, int]
Kept = TypeVar("Kept", Record, Findings)
Item = TypeVar("Item")


@dataclass(eq=False)
class Stages:
    """What a run has finished so far, beside `place` where its result will be; and its networks.

    Stages are results of the class `kind`. `fresh` trains anew whatever is in the cache; `report`
    receives a line a training, `device` is where it computes, and `part` the share of the run's
    networks that is asked for, of how many; None where all are.

    Attributes:
        made: on which devices and by which versions the stages so far were computed, once each.
    """

    place: Path
    kind: Any
    _: KW_ONLY
    fresh: bool
    device: str
    report: Report
    part: Part | None = None
    made: list[Any] = field(default_factory=list, init=False)
    _trained: dict[Recipe, Outcome] = field(default_factory=dict, init=False)

    def once(self, name: str, measure: Callable[[], Kept]) -> Kept:
        """The result of a stage, measured only if it is not finished or its file is damaged."""
        said = {"device": self.device, "versions": versions()}
        path = part_path(self.place, name)
        kept: Kept = kept_at(path, self.kind, lambda: measure().described(made=said))
        manifest = dict(kept.manifest)
        made = manifest.pop("made", "not known")
        if made not in self.made:
            self.made.append(made)
        return replace(kept, manifest=manifest)

    def mine(self, every: Iterable[Item]) -> list[Item]:
        """The share of what a run is over that is asked for."""
        number, count = self.part or (1, 1)
        return list(every)[number - 1 :: count]

    def train_all(self, recipes: Iterable[Recipe]) -> list[Run]:
        """The networks in order, missing ones trained side by side; errors are those of `train`."""
        outcomes = self.outcomes(recipes)
        for outcome in outcomes:
            if not isinstance(outcome, Run):
                raise outcome
        return [one for one in outcomes if isinstance(one, Run)]

    def outcomes(self, recipes: Iterable[Recipe]) -> list[Outcome]:
        """As `train_all`, with the error of each that cannot be trained in its place."""
        every = list(recipes)
        missing = [one for one in dict.fromkeys(every) if one not in self._trained]
        self._trained |= of_first_rank(partial(self._outcomes, missing))
        return [self._trained[one] for one in every]

    def _outcomes(self, recipes: Iterable[Recipe]) -> dict[Recipe, Outcome]:
        folder = cache_folder() / "training"
        places, found = {one: folder / one.digest for one in recipes}, dict[Recipe, Outcome]()
        with closing(train_all(places, fresh=self.fresh, device=self.device)) as outcomes:
            for recipe, outcome in zip(places, outcomes, strict=True):
                found[recipe] = outcome
                if isinstance(outcome, Run):
                    self.report(
                        f"  network of seed {recipe.seed}: objective "
                        f"{outcome.epoch_objective[-1]:.4f} in the last of {recipe.epochs} epochs, "
                        f"{outcome.seconds:.0f} s of training"
                    )
        return found

    @property
    def trained(self) -> list[Run]:
        """The networks asked for so far, in order."""
        return [one for one in self._trained.values() if isinstance(one, Run)]


def kept_at(path: Path, kind: type[Kept], measure: Callable[[], Kept]) -> Kept:
    """What a file has, else what is measured, and kept there; the first rank reads and writes."""

    def known() -> Kept | None:
        with suppress(RecordError):
            return kind.load(path)
        return None

    kept = of_first_rank(known)
    if kept is None:
        kept = measure()
        of_first_rank(partial(kept.save, path))
    return kept


def single(found: Findings) -> Findings:
    """As they are kept: float32, but for alpha."""
    kept = {x: one if x == "alpha" else one.astype(np.float32) for x, one in found.arrays.items()}
    return replace(found, arrays=kept)
