"""CIFAR-10 in its binary version: six files of 10,000 labels and images each.

Krizhevsky 2009, "Learning multiple layers of features from tiny images". The set carries no
licence, so that no part of it is in this package.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files.storage import cache_folder, ensure_folder, written_whole
from .dataset import Dataset
from .download import downloaded

#: The folder in the published archive.
FOLDER = "cifar-10-batches-bin"
#: Channels, rows, and columns of an image.
SHAPE = (3, 32, 32)


@dataclass(frozen=True)
class Cifar:
    """A data set of binary batches.

    Attributes:
        name: it is loaded by.
        files: SHA-256 of each; the last one holds the test images.
        archive, checksum: the published archive of them all, and its checksum.
        mirrors: where that is kept in public.
        variable: environment variable that names a folder.
        megabytes: of the download.
        mean, std: see `construction.data.Dataset`.
    """

    name: str
    files: Mapping[str, str] = field(repr=False)
    archive: str
    checksum: str
    mirrors: tuple[str, ...]
    variable: str
    megabytes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the files: see `construction.data.load`.

        Raises:
            DataError: a file is missing, cannot be downloaded, or is not this set's.
        """
        place = self._place(folder or self._named())
        *train, test = (self._read(place / name, name) for name in self.files)
        records = np.concatenate(train)
        parts = (part for some in (records, test) for part in _images_and_labels(some))
        return Dataset(self.name, *parts, mean=self.mean, std=self.std)

    def is_here(self) -> bool:
        """Whether a folder is named, or all files were downloaded."""
        return self._named() is not None or self._whole(self._cache())

    def _named(self) -> Path | None:
        named = os.environ.get(self.variable)
        return Path(named) if named else None

    def _cache(self) -> Path:
        return cache_folder() / FOLDER

    def _whole(self, folder: Path) -> bool:
        return all((folder / name).is_file() for name in self.files)

    def _place(self, folder: Path | None) -> Path:
        """The folder in which the files lie."""
        if folder is None:
            if not self._whole(self._cache()):
                self._download()
            return self._cache()
        for place in (folder, folder / FOLDER):
            if self._whole(place):
                return place
        raise DataError(
            f"the files {', '.join(self.files)} in {folder}",
            "that one of them is missing",
            f"Unpack {self.archive}, the binary version, there, or name no folder to download it.",
        )

    def _download(self) -> None:
        """Unpack the published archive into the cache, and keep the files alone."""
        remedy = (
            f"Check the connection, or unpack {self.archive} in a folder and name it in the "
            f"environment variable {self.variable}."
        )
        cache = ensure_folder(self._cache())
        packed = downloaded(self.archive, self.mirrors, f"sha256:{self.checksum}", cache, remedy)
        with tarfile.open(packed) as archive:
            for name in self.files:
                member = archive.extractfile(f"{FOLDER}/{name}")
                assert member is not None, "the archive with that checksum holds these files"
                with written_whole(cache / name) as temporary:
                    temporary.write_bytes(member.read())
        packed.unlink()

    def _read(self, path: Path, name: str) -> NDArray[np.uint8]:
        """The records of one file, (images, 1 + pixels)."""
        content = path.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != self.files[name]:
            raise DataError(
                f"{path} to hold CIFAR-10's {name}",
                f"SHA-256 {found}",
                "The file is damaged or another data set's: replace it by CIFAR-10's own.",
            )
        return np.frombuffer(content, np.uint8).reshape(-1, 1 + int(np.prod(SHAPE)))


def _images_and_labels(records: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    return records[:, 1:].reshape(-1, *SHAPE).copy(), records[:, 0].copy()


CIFAR_10 = Cifar(
    "cifar-10",
    {
        "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    },
    "cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    ("https://www.cs.toronto.edu/~kriz/",),
    "CONSTRUCTION_CIFAR10",
    170,
    (0.49140, 0.48216, 0.44653),
    (0.24703, 0.24349, 0.26159),
)
