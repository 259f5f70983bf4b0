"""Where each data set comes from, with the checksums of its files, and how they become arrays.

MNIST is LeCun's and Cortes's (CC BY-SA 3.0), CIFAR-10 Krizhevsky's (2009, "Learning multiple layers
of features from tiny images"), which carries no licence, so that no part of it is in this package.
"""

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, reading
from ..files.storage import cache_folder, ensure_folder, scratch
from .dataset import ARRAYS, PIXEL_MEAN, PIXEL_STD, Dataset

#: The data that are part of the package.
EMBEDDED = Path(__file__).parent.parent / "embedded"
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
#: Bytes of the largest file, MNIST's training images, rounded up: more is not read of any.
LARGEST = 50_000_000
#: Channels, rows, and columns of an image of CIFAR-10.
COLOURED = (3, 32, 32)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Source:
    """A data set in files that lie in a folder of the user's, or are downloaded once.

    Attributes:
        name: it is loaded by.
        title: its own name, in messages.
        files: SHA-256 of each, unpacked, in the order that `read` takes them.
        read: from the files' contents to the four arrays of a `Dataset`.
        downloads: checksum of each published file, as "sha256:...": one of `files`
            gzipped, or a .tar.gz of them all; none where the files are part of the package.
        mirrors: addresses before the name of a published file, tried in order.
        variable: environment variable that names a folder.
        below: where archive or torchvision put the files, below a folder.
        cached: the folder below `cache_folder` where downloads are kept.
        mean, std: see `Dataset`.
    """

    name: str
    title: str
    files: Mapping[str, str] = field(repr=False)
    read: Callable[[Sequence[bytes]], Iterable[Bytes]] = field(repr=False)
    downloads: Mapping[str, str] = field(default_factory=dict, repr=False)
    mirrors: tuple[str, ...] = ()
    variable: str = ""
    below: str = ""
    cached: str = ""
    mean: tuple[float, ...] = (PIXEL_MEAN,)
    std: tuple[float, ...] = (PIXEL_STD,)

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the files; folder and errors as of `construction.data.load`."""
        named = folder or os.environ.get(self.variable)
        own = self._downloaded if self.downloads else lambda: EMBEDDED
        place = Path(named) if named and self.downloads else own()
        contents = [self._content(name, place) for name in self.files]
        with reading(f"arrays in the files of {self.title}", DataError, "Replace them."):
            return Dataset(self.name, *self.read(contents), mean=self.mean, std=self.std)

    def _path(self, name: str, folder: Path) -> Path | None:
        """Where a file lies in a folder or below, unpacked or not."""
        places = (folder / name, folder / self.below / name)
        paths = [path for place in places for path in (place, place.with_name(f"{name}.gz"))]
        return next((path for path in paths if path.is_file()), None)

    def _content(self, name: str, folder: Path) -> bytes:
        """What a file holds, unpacked, compared with its checksum."""
        path = self._path(name, folder)
        anew = "" if self.downloads else "Install the package again."
        if path is None:
            get = f"Name no folder to download {self.title}, or put its unpacked files there."
            raise DataError(f"the file {name} or {name}.gz in {folder}", "neither", anew or get)
        remedy = f"The file is damaged or another data set's: replace it by {self.title}'s own."
        remedy, opened = anew or remedy, gzip.open if path.suffix == ".gz" else open
        with reading(f"a whole file {path}", DataError, remedy), opened(path, "rb") as file:
            content: bytes = file.read(LARGEST + 1)
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 != self.files[name]:
            raise DataError(f"{path} to hold {self.title}'s {name}", f"SHA-256 {sha256}", remedy)
        return content

    def _downloaded(self) -> Path:
        """The cache, with what it lacked; an archive leaves its files there, not itself."""
        folder = ensure_folder(cache_folder() / self.cached)
        for name, checksum in self.downloads.items():
            if not name.endswith(".tar.gz"):
                self._retrieve(name, checksum, folder)
            elif any(self._path(file, folder) is None for file in self.files):
                with scratch(folder) as place:
                    self._retrieve(name, checksum, place, unpacked=True)
                    for file in self.files:
                        os.replace(place / self.below / file, folder / file)
        return folder

    def _retrieve(self, name: str, checksum: str, folder: Path, unpacked: bool = False) -> None:
        """A published file in a folder, from the first mirror that has it."""
        import pooch  # imported late: data that are here need no download

        processor = pooch.Untar(extract_dir=".") if unpacked else None
        failures = []
        for mirror in self.mirrors:
            try:
                pooch.retrieve(
                    f"{mirror}{name}", checksum, name, folder, processor, progressbar=True
                )
            except (OSError, ValueError) as error:  # no answer; another checksum
                failures.append(f"{mirror}: {type(error).__name__}")
            else:
                return
        raise DataError(
            f"to download {name} from a mirror, of {len(self.mirrors)}",
            "; ".join(failures),
            f"Check the connection, or put its unpacked files in a folder and name that in the "
            f"environment variable {self.variable}.",
        )


def read_idx(contents: Sequence[bytes]) -> list[Bytes]:
    """IDX files of unsigned bytes: two zeros, the type 8, the rank, the shape, the entries.

    >>> read_idx([bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7])])[0].tolist()
    [5, 7]
    """
    shapes = [np.frombuffer(content, ">i4", content[3], 4) for content in contents]
    return [
        np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape).copy()
        for content, shape in zip(contents, shapes, strict=True)
    ]


def read_cifar(contents: Sequence[bytes]) -> list[Bytes]:
    """Binary batches of labels and images, a byte each and `COLOURED`; the last one is the test's.

    >>> [part.shape for part in read_cifar([bytes(3073), bytes(3073), bytes(2 * 3073)])]
    [(2, 3, 32, 32), (2,), (2, 3, 32, 32), (2,)]
    """
    arrays = []
    for content in (b"".join(contents[:-1]), contents[-1]):
        rows = np.frombuffer(content, np.uint8).reshape(-1, 1 + int(np.prod(COLOURED)))
        arrays += [rows[:, 1:].reshape(-1, *COLOURED).copy(), rows[:, 0].copy()]
    return arrays


def read_npz(contents: Sequence[bytes]) -> list[Bytes]:
    """The four arrays of a `Dataset` by name, in one file of numpy's."""
    with np.load(BytesIO(contents[0]), allow_pickle=False) as arrays:
        return [arrays[name] for name in ARRAYS]


def _each(*checksums: str, suffix: str = "") -> dict[str, str]:
    """The checksums of MNIST's files by name."""
    return {f"{name}{suffix}": one for name, one in zip(IDX_FILES, checksums, strict=True)}


MNIST_5K = Source(
    name="mnist-5k",
    title="the embedded MNIST subset",
    files={"mnist-5k.npz": "610e51efea83cdf383ead999a528baeb9153c57198045c1a9bc5eaadacfd93b6"},
    read=read_npz,
)

MNIST = Source(
    name="mnist",
    title="MNIST",
    files=_each(
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    read=read_idx,
    downloads=_each(
        "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        suffix=".gz",
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    variable="CONSTRUCTION_MNIST",
    below="MNIST/raw",
    cached="mnist",
)

CIFAR_10 = Source(
    name="cifar-10",
    title="CIFAR-10",
    files={
        "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
        "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
        "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
        "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
        "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
        "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    },
    read=read_cifar,
    downloads={
        "cifar-10-binary.tar.gz": "sha256:"
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
    },
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    variable="CONSTRUCTION_CIFAR10",
    below="cifar-10-batches-bin",
    cached="cifar-10-batches-bin",
    mean=(0.49140, 0.48216, 0.44653),
    std=(0.24703, 0.24349, 0.26159),
)

SOURCES: dict[str, Source] = {source.name: source for source in (MNIST_5K, MNIST, CIFAR_10)}
