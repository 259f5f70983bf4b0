"""Proposition 1 measured over widths and initialisations: what a named run of it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...files import archive
from .counted import Probability

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
