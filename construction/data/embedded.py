"""The subset of MNIST that is part of the package."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from .dataset import Dataset

REINSTALL = "The file construction/embedded/mnist-5k.npz is damaged: install the package again."


@dataclass(frozen=True)
class Embedded:
    """A data set in a file of the package.

    Attributes:
        name: of the set and, with its ending, of the file.
        checksum: of the set.
    """

    name: str
    checksum: str
    megabytes: int = 0

    def load(self, folder: Path | None = None) -> Dataset:
        """Read it; the folder plays no part.

        Raises:
            DataError: the file is damaged.
        """
        place = resources.files("construction") / "embedded" / f"{self.name}.npz"
        with resources.as_file(place) as path:
            try:
                with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                    found = Dataset(self.name, *_parts(arrays))
            except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
                raise DataError("the embedded MNIST subset", str(error), REINSTALL) from error
        if found.checksum != self.checksum:
            raise DataError(
                f"the embedded MNIST subset with SHA-256 {self.checksum}", found.checksum, REINSTALL
            )
        return found

    def is_here(self) -> bool:
        """Always."""
        return True


def _parts(arrays: Mapping[str, Any]) -> list[NDArray[np.uint8]]:
    return [arrays[f"{part}_{kind}"] for part in ("train", "test") for kind in ("images", "labels")]


EMBEDDED = Embedded("mnist-5k", "2821ce7e2a1edf6338f58a8c5265a33eee06bc0cabdf7ee22d50afaa39e2503b")
