"""Proposition 1 measured over widths and initialisations: what a named run of it keeps.

`construction.proposition` measures one width and initialisation; a study has a stage for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from . import archive
from .data import balanced_subset, load, standardised
from .errors import InputError, RecordError
from .proposition import Probability, probability
from .settings import Proposition, part_path

#: What is counted, as arrays in the file.
COUNTED = ("networks", "above", "neither")


@dataclass(frozen=True)
class Study:
    """Measured probabilities, and a manifest that says how they came about.

    Attributes:
        measured: by initialisation, width, loss and number of samples, in this order.
        manifest: what made them, as plain JSON values: title, settings, versions, checksums.
    """

    measured: tuple[Probability, ...]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def curve(self, initialisation: str, loss: str, samples: int) -> tuple[Probability, ...]:
        """The probabilities over the widths.

        Raises:
            InputError: none was measured.
        """
        asked = (initialisation, loss, samples)
        found = tuple(one for one in self.measured if _curve_of(one) == asked)
        if not found:
            there = "; ".join(f"{i!r}, {x!r}, {m}" for i, x, m in self.curves)
            raise InputError(f"one of the curves {there}", f"{asked}", "Ask for one of these.")
        return found

    @property
    def curves(self) -> list[tuple[str, str, int]]:
        """Initialisation, loss and number of samples of each curve."""
        return list(dict.fromkeys(map(_curve_of, self.measured)))

    def save(self, path: str | Path) -> Path:
        """Write the study whole, or nothing.

        Raises:
            CacheError: the folder cannot be written.
        """
        path = Path(path)
        arrays = {key: np.array([getattr(one, key) for one in self.measured]) for key in COUNTED}
        described = [
            {key: value for key, value in asdict(one).items() if key not in COUNTED}
            for one in self.measured
        ]
        archive.write(path, arrays, {**self.manifest, "measured": described})
        return path

    @classmethod
    def load(cls, path: str | Path) -> Study:
        """Read a study and check it.

        Raises:
            RecordError: it is missing, damaged, truncated, of another format, or no study.
        """
        path = Path(path)
        arrays, manifest = archive.read(path)
        try:
            return cls(_restored(arrays, manifest.pop("measured")), manifest)
        except archive.DAMAGE as error:
            raise archive.damaged(path, error) from error

    def described(self, **entries: Any) -> Study:
        """The same study with more entries in its manifest."""
        return replace(self, manifest={**self.manifest, **entries})


def conduct(
    settings: Proposition, place: Path, *, fresh: bool, report: Callable[[str], None]
) -> Study:
    """Measure every width and initialisation; stages that are on disk are not measured again.

    Args:
        settings: what to measure.
        place: of the study; its stages are kept beside it.
        fresh: measure every stage anew.
        report: receives a line a stage, and one a curve.
    """
    data, checksum = digits(settings)
    measured: list[Probability] = []
    for initialisation in settings.initialisations:
        for width in settings.widths:
            kept = part_path(place, f"{initialisation}-{width}")
            stage = None if fresh else _load_part(kept)
            if stage is None:
                stage = Study(tuple(_stage(settings, data, initialisation, width)))
                stage.save(kept)
            report(_told(stage.measured))
            measured += stage.measured
    study = Study(tuple(measured), {"data_checksum": checksum})
    for asked in study.curves:
        report(_summary(study.curve(*asked)))
    return study


def digits(settings: Proposition) -> tuple[tuple[Tensor, Tensor], str]:
    """The first images of each digit, flattened, and their labels; and the checksum of their set.

    Raises:
        DataError: see `construction.data.load`.
    """
    whole = load(settings.data)
    some = balanced_subset(whole, settings.per_digit, 1)
    images = torch.from_numpy(standardised(some.train_images)).flatten(1)
    return (images, torch.from_numpy(some.train_labels.astype(np.int64))), whole.checksum


def _stage(
    settings: Proposition, data: tuple[Tensor, Tensor], initialisation: str, width: int
) -> list[Probability]:
    classes = int(data[1].max()) + 1
    return probability(
        (data[0].shape[1], *settings.before, width, classes),
        data,
        initialisation=initialisation,
        losses=settings.losses,
        samples=settings.samples,
        networks=settings.networks,
        seed=settings.seed,
        confidence=settings.confidence,
    )


def _load_part(path: Path) -> Study | None:
    try:
        return Study.load(path)
    except RecordError:
        return None


def _told(stage: Sequence[Probability]) -> str:
    """One line of one width and initialisation; m is the number of samples."""
    first = stage[0]
    found = "; ".join(
        "{}, m = {}: {:.3f} [{:.3f}, {:.3f}]".format(
            one.loss, one.samples, one.value, *one.interval
        )
        for one in stage
    )
    return f"  {first.initialisation}, n = {first.width}, bound {first.bound:.3f}: {found}"


def _summary(curve: Sequence[Probability]) -> str:
    """One line of one curve: where its intervals lie, and the width nearest to the bound."""
    nearest = min(curve, key=lambda one: one.value - one.bound)
    verdicts = [one.verdict for one in curve]
    counts = ", ".join(
        f"{word} the bound at {verdicts.count(word)}"
        for word in ("above", "around", "below")
        if word in verdicts
    )
    outside = "" if nearest.covered else " (outside the proposition)"
    return (
        f"  {nearest.initialisation}, {nearest.loss}, m = {nearest.samples}{outside}: {counts} "
        f"of {len(curve)} widths; nearest at n = {nearest.width}, {nearest.value:.3f} "
        "[{:.3f}, {:.3f}] beside {:.3f}".format(*nearest.interval, nearest.bound)
    )


def _curve_of(one: Probability) -> tuple[str, str, int]:
    return one.initialisation, one.loss, one.samples


def _restored(
    arrays: Mapping[str, NDArray[Any]], described: Sequence[Any]
) -> tuple[Probability, ...]:
    measured = []
    rows = np.stack([arrays[key] for key in COUNTED], axis=1).tolist()
    for row, entry in zip(rows, described, strict=True):
        counted = dict(zip(COUNTED, row, strict=True))
        measured.append(Probability(**{**entry, **counted, "widths": tuple(entry["widths"])}))
    return tuple(measured)
