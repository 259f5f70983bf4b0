"""Named real data sets, as numpy arrays with a checksum.

``mnist-5k`` is embedded: 500 training and 100 test images of each digit, the first of each in
MNIST's own order. ``mnist`` is the whole set, from a folder or by download.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pooch
from numpy.typing import NDArray

from .errors import DataError
from .storage import cache_folder, ensure_folder

#: Mean and standard deviation of the pixels of MNIST's 60,000 training images, scaled to [0, 1].
PIXEL_MEAN, PIXEL_STD = 0.13066, 0.30811

EMBEDDED_SHA256 = "2821ce7e2a1edf6338f58a8c5265a33eee06bc0cabdf7ee22d50afaa39e2503b"
#: Where MNIST is kept in public; both mirrors hold the four files as first published.
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
#: SHA-256 of each file as published (.gz, whose MD5 sums are the well-known ones) and unpacked.
MNIST_FILES = {
    "train-images-idx3-ubyte": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}


@dataclass(frozen=True)
class Dataset:
    """Images and labels of one data set.

    Attributes:
        name: the name it was loaded by.
        train_images, test_images: uint8, (samples, rows, columns), or (samples, channels, rows,
            columns) of coloured images.
        train_labels, test_labels: uint8 class indices, (samples,).
        mean, std: of the pixels of the whole training set, scaled to [0, 1], one a channel.
        checksum: SHA-256 over the four arrays.

    >>> digits = load("mnist-5k")
    >>> digits.train_images.shape, digits.test_labels.shape
    ((5000, 28, 28), (1000,))
    >>> digits.train_labels[:10].tolist()
    [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    """

    name: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]
    mean: tuple[float, ...] = field(default=(PIXEL_MEAN,), kw_only=True)
    std: tuple[float, ...] = field(default=(PIXEL_STD,), kw_only=True)
    checksum: str = field(init=False)

    def __post_init__(self) -> None:
        arrays = (self.train_images, self.train_labels, self.test_images, self.test_labels)
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        object.__setattr__(self, "checksum", digest.hexdigest())


def standardised(
    images: NDArray[np.uint8],
    mean: Sequence[float] = (PIXEL_MEAN,),
    std: Sequence[float] = (PIXEL_STD,),
) -> NDArray[np.float32]:
    """Pixels with the mean 0 and standard deviation 1 of a training set, MNIST's at first.

    With it an input has a mean square near 1, which He's initialisation presumes.

    Args:
        images: (samples, rows, columns) or (samples, channels, rows, columns); the shape is kept.
        mean, std: of the data set, one a channel.

    >>> float(abs(standardised(load("mnist-5k").train_images).mean())) < 0.01
    True
    """
    pixels = images.astype(np.float32) / np.float32(255)
    shape = (-1, 1, 1) if len(mean) > 1 else ()
    centre, spread = (np.asarray(one, np.float32).reshape(shape) for one in (mean, std))
    return (pixels - centre) / spread


def load(name: str = "mnist-5k", folder: str | Path | None = None) -> Dataset:
    """Load a data set by name.

    Args:
        name: "mnist-5k" (embedded, no network) or "mnist" (all 70,000 images).
        folder: for "mnist", where its four files lie, as ``*-ubyte`` or ``*-ubyte.gz``, there or
            in ``MNIST/raw`` below. Without one, the folder that the environment variable
            CONSTRUCTION_MNIST names; without that they are downloaded into the cache folder.

    Raises:
        DataError: an unknown name; a file that is missing, cannot be downloaded, or is not MNIST.
    """
    if name == "mnist-5k":
        return _embedded()
    if name == "mnist":
        named = folder or os.environ.get("CONSTRUCTION_MNIST")
        return _full_mnist(Path(named) if named else None)
    raise DataError("the data set 'mnist-5k' or 'mnist'", repr(name), "Use one of these names.")


def balanced_subset(
    full: Dataset, train_per_class: int | None, test_per_class: int | None
) -> Dataset:
    """The first images of each class, in their original order; all of them for None.

    ``balanced_subset(load("mnist"), 500, 100)`` has the arrays of ``load("mnist-5k")``.

    >>> small = balanced_subset(load("mnist-5k"), 20, 5)
    >>> np.bincount(small.train_labels).tolist() == [20] * 10
    True
    """

    def first(labels: NDArray[np.uint8], count: int | None) -> NDArray[np.intp]:
        return np.sort(
            np.concatenate([np.flatnonzero(labels == k)[:count] for k in np.unique(labels)])
        )

    train, test = first(full.train_labels, train_per_class), first(full.test_labels, test_per_class)
    counts = " + ".join("all" if n is None else str(n) for n in (train_per_class, test_per_class))
    return replace(
        full,
        name=f"{full.name}, {counts} a class",
        train_images=full.train_images[train],
        train_labels=full.train_labels[train],
        test_images=full.test_images[test],
        test_labels=full.test_labels[test],
    )


def _embedded() -> Dataset:
    embedded = resources.files(__package__) / "embedded" / "mnist-5k.npz"
    with resources.as_file(embedded) as path:
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                found = Dataset("mnist-5k", *_parts(arrays))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise DataError("the embedded MNIST subset", str(error), _REINSTALL) from error
    if found.checksum != EMBEDDED_SHA256:
        raise DataError(
            f"the embedded MNIST subset with SHA-256 {EMBEDDED_SHA256}", found.checksum, _REINSTALL
        )
    return found


_REINSTALL = "The file construction/embedded/mnist-5k.npz is damaged: install the package again."


def _parts(arrays: Mapping[str, Any]) -> list[NDArray[np.uint8]]:
    return [arrays[f"{part}_{kind}"] for part in ("train", "test") for kind in ("images", "labels")]


def _full_mnist(folder: Path | None) -> Dataset:
    parts = [_read_idx(_find(name, folder), name) for name in MNIST_FILES]
    return Dataset("mnist", *parts)


def _find(name: str, folder: Path | None) -> Path:
    """Path of one MNIST file, gzipped or not."""
    if folder is None:
        return _download(name)
    places = [folder / name, folder / "MNIST" / "raw" / name]
    for place in places:
        for path in (place, place.with_name(name + ".gz")):
            if path.is_file():
                return path
    raise DataError(
        f"the file {name} or {name}.gz in {folder}",
        "neither",
        "Put MNIST's four files there, or name no folder to download them.",
    )


def _download(name: str) -> Path:
    failures = []
    folder = ensure_folder(cache_folder() / "mnist")
    for mirror in MIRRORS:
        try:
            found = pooch.retrieve(
                f"{mirror}{name}.gz",
                known_hash=f"sha256:{MNIST_FILES[name][0]}",
                fname=f"{name}.gz",
                path=folder,
                progressbar=True,
            )
            return Path(found)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; ValueError: hash
            failures.append(f"{mirror}: {type(error).__name__}")
    raise DataError(
        f"to download {name}.gz from one of {len(MIRRORS)} mirrors",
        "; ".join(failures),
        "Check the connection, or place MNIST's four files in a folder and name it in the "
        "environment variable CONSTRUCTION_MNIST.",
    )


def _read_idx(path: Path, name: str) -> NDArray[np.uint8]:
    """One IDX file of unsigned bytes: a magic number with the rank, the shape, the bytes."""
    try:
        packed = path.read_bytes()
        content = gzip.decompress(packed) if path.suffix == ".gz" else packed
        if len(content) < 4 or content[:3] != b"\x00\x00\x08":
            raise ValueError("no IDX header of unsigned bytes")
        rank = content[3]
        shape = np.frombuffer(content, ">i4", rank, 4)
        array = np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"an IDX file at {path}", str(error), _REPLACE) from error
    found = hashlib.sha256(content).hexdigest()
    if found != MNIST_FILES[name][1]:
        raise DataError(f"{path} to hold MNIST's {name}", f"SHA-256 {found}", _REPLACE)
    return array.copy()  # writable, unlike the bytes of the file


_REPLACE = "The file is damaged or another data set's: replace it by MNIST's own."
