"""Named real data sets, as numpy arrays with a checksum: MNIST and CIFAR-10.

`mnist-5k` is embedded: the first 500 training and 100 test images of each digit, in MNIST's own
order. The others come from a folder of the user's or by a download whose checksum is compared.
`dataset` holds the arrays, `sources` says where each set comes from and how its files are read.
"""

from pathlib import Path

from ..errors import require_one_of
from .dataset import Dataset as Dataset
from .dataset import balanced_subset as balanced_subset
from .dataset import standardised as standardised
from .sources import SOURCES as SOURCES


def load(name: str = "mnist-5k", folder: str | Path | None = None) -> Dataset:
    """Load a data set by name.

    Args:
        name: one of `SOURCES`.
        folder: where its files lie, as published, unpacked or not, or where torchvision puts them
            below. Without one, the folder that the environment variable CONSTRUCTION_MNIST
            or CONSTRUCTION_CIFAR10 names; without that they are downloaded into the cache folder.

    Raises:
        InputError: an unknown name.
        DataError: a file that is missing, cannot be downloaded, or is not the data set's.
        CacheError: the cache folder cannot be written.
    """
    require_one_of(SOURCES, name, "a data set")
    return SOURCES[name].load(Path(folder) if folder else None)
