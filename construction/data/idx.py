"""MNIST and Fashion-MNIST: four files in the IDX format, gzipped or not."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError
from ..files.storage import cache_folder
from .dataset import PIXEL_MEAN, PIXEL_STD, Dataset
from .download import downloaded


@dataclass(frozen=True)
class IdxSet:
    """A data set of four IDX files.

    Attributes:
        name: it is loaded by.
        words: its own name, in messages.
        files: checksum of each as published, gzipped, and its SHA-256 unpacked.
        mirrors: where they are kept in public.
        variable: environment variable that names a folder.
        below: where torchvision keeps them, below a folder.
        megabytes: of the download.
        mean, std: see `construction.data.Dataset`.
    """

    name: str
    words: str
    files: Mapping[str, tuple[str, str]] = field(repr=False)
    mirrors: tuple[str, ...]
    variable: str
    below: str
    megabytes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the files: see `construction.data.load`.

        Raises:
            DataError: a file is missing, cannot be downloaded, or is not this set's.
        """
        place = folder or self._named()
        parts = [self._read(self._find(name, place), name) for name in self.files]
        return Dataset(self.name, *parts, mean=self.mean, std=self.std)

    def is_here(self) -> bool:
        """Whether a folder is named, or all files were downloaded."""
        cache = self._cache()
        return self._named() is not None or all(
            (cache / f"{name}.gz").is_file() for name in self.files
        )

    def _named(self) -> Path | None:
        named = os.environ.get(self.variable)
        return Path(named) if named else None

    def _cache(self) -> Path:
        return cache_folder() / self.name

    def _find(self, name: str, folder: Path | None) -> Path:
        """Path of one file, gzipped or not."""
        if folder is None:
            remedy = (
                f"Check the connection, or place {self.words}'s four files in a folder and name it "
                f"in the environment variable {self.variable}."
            )
            checksum = self.files[name][0]
            return downloaded(f"{name}.gz", self.mirrors, checksum, self._cache(), remedy)
        for place in (folder / name, folder / self.below / name):
            for path in (place, place.with_name(name + ".gz")):
                if path.is_file():
                    return path
        raise DataError(
            f"the file {name} or {name}.gz in {folder}",
            "neither",
            f"Put {self.words}'s four files there, or name no folder to download them.",
        )

    def _read(self, path: Path, name: str) -> NDArray[np.uint8]:
        """One file of unsigned bytes: a magic number with the rank, the shape, the bytes."""
        replace = f"The file is damaged or another data set's: replace it by {self.words}'s own."
        try:
            packed = path.read_bytes()
            content = gzip.decompress(packed) if path.suffix == ".gz" else packed
            if len(content) < 4 or content[:3] != b"\x00\x00\x08":
                raise ValueError("no IDX header of unsigned bytes")
            rank = content[3]
            shape = np.frombuffer(content, ">i4", rank, 4)
            array = np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise DataError(f"an IDX file at {path}", str(error), replace) from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.files[name][1]:
            raise DataError(f"{path} to hold {self.words}'s {name}", f"SHA-256 {found}", replace)
        return array.copy()  # writable, unlike the bytes of the file


MNIST = IdxSet(
    "mnist",
    "MNIST",
    {
        "train-images-idx3-ubyte": (
            "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        "train-labels-idx1-ubyte": (
            "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "t10k-images-idx3-ubyte": (
            "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        "t10k-labels-idx1-ubyte": (
            "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    },
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "CONSTRUCTION_MNIST",
    "MNIST/raw",
    12,
    (PIXEL_MEAN,),
    (PIXEL_STD,),
)

FASHION_MNIST = IdxSet(
    "fashion-mnist",
    "Fashion-MNIST",
    {
        "train-images-idx3-ubyte": (
            "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        "train-labels-idx1-ubyte": (
            "md5:25c81989df183df01b3e8a0aad5dffbe",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "t10k-images-idx3-ubyte": (
            "md5:bef4ecab320f06d8554ea6380940ec79",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        "t10k-labels-idx1-ubyte": (
            "md5:bb300cfdad3c16e7a12a480ee83cd310",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    "CONSTRUCTION_FASHION_MNIST",
    "FashionMNIST/raw",
    31,
    (0.28604,),
    (0.35302,),
)
