"""Images and labels of one data set, their standardised pixels, and balanced subsets."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

#: Mean and standard deviation of the pixels of MNIST's 60,000 training images, scaled to [0, 1].
PIXEL_MEAN, PIXEL_STD = 0.13066, 0.30811
#: The arrays of a data set, in order.
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")


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

    >>> from construction.data import load
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
        digest = hashlib.sha256()
        for array in (getattr(self, name) for name in ARRAYS):
            digest.update(str(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        object.__setattr__(self, "checksum", digest.hexdigest())


def standardised(
    images: NDArray[np.uint8],
    mean: Sequence[float] = (PIXEL_MEAN,),
    std: Sequence[float] = (PIXEL_STD,),
) -> NDArray[np.float32]:
    """Pixels shifted and scaled to mean 0 and standard deviation 1 over a training set.

    Inputs then have a mean square near 1, which He's initialisation presumes. Images are (samples,
    rows, columns) or (samples, channels, rows, columns), and keep their shape; mean and std are
    those of pixels in [0, 1], one a channel, by default MNIST's.

    >>> from construction.data import load
    >>> float(abs(standardised(load("mnist-5k").train_images).mean())) < 0.01
    True
    """
    pixels = images.astype(np.float32) / np.float32(255)
    shape = (-1, 1, 1) if len(mean) > 1 else ()
    centre, spread = (np.asarray(one, np.float32).reshape(shape) for one in (mean, std))
    return (pixels - centre) / spread


def balanced_subset(
    full: Dataset, train_per_class: int | None, test_per_class: int | None
) -> Dataset:
    """The first images of each class, in their original order; all of them for None.

    ``balanced_subset(load("mnist"), 500, 100)`` has the arrays of ``load("mnist-5k")``.

    >>> from construction.data import load
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
