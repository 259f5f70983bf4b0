"""Images in folders, one a class, as ImageNet is laid out; Pillow reads them.

Training and validation have folders of the same names. Classes are numbered in the order of these
names, as by torchvision's ImageFolder, so that published weights fit.
"""

import hashlib
import math
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, InputError
from ..files.reading import reading

#: Most pixels of an image, as it is and resized; Pillow's own limit.
PIXELS = 2**30 // 4 // 3
ENDINGS = (".jpeg", ".jpg", ".png", ".ppm", ".bmp", ".webp")


@dataclass(frozen=True)
class Images:
    """Images of several classes.

    Attributes:
        pixels: uint8, (images, 3, size, size).
        labels: class indices, int64, (images,).
        classes: names of the folders, in order.
        checksum: SHA-256 over pixels and labels.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    checksum: str


def read_folder(folder: Path, *, per_class: int, size: int = 224, resized: int = 256) -> Images:
    """The first images of each class by name; the classes take turns, so that batches have many.

    The shorter side is brought to `resized` pixels, bilinearly, and the middle `size` x `size`
    kept, as networks for ImageNet are usually evaluated on one crop.

    Args:
        folder: with a folder a class.
        per_class: images of each class, all there are if fewer.
        size, resized: in pixels.

    Raises:
        DataError: no such folder, no classes, a class without images, or an image that is damaged.
        InputError: Pillow is missing, or sizes that do not fit.
    """
    if find_spec("PIL") is None:
        raise InputError("Pillow, which reads images", "that it is missing", "pip install pillow.")
    if not 0 < size <= resized or per_class < 1:
        raise InputError(
            "0 < size <= resized, and an image a class",
            f"size {size}, resized {resized}, {per_class} a class",
            "224, 256 and 5 are usual.",
        )
    files = _files(folder, per_class)
    turns = sorted(
        (turn, label, file)
        for label, of_class in enumerate(files.values())
        for turn, file in enumerate(of_class)
    )
    pixels = np.stack([_image(file, size, resized) for _, _, file in turns])
    labels = np.array([label for _, label, _ in turns], np.int64)
    digest = hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest()
    return Images(pixels, labels, tuple(files), digest)


def _files(folder: Path, per_class: int) -> dict[str, list[Path]]:
    """The first images' files, by class."""
    if not folder.is_dir():
        raise DataError(f"a folder of images {folder}", "no such folder", "See where they lie.")
    by_class = {
        place.name: sorted(f for f in place.iterdir() if f.suffix.lower() in ENDINGS)[:per_class]
        for place in sorted(folder.iterdir())
        if place.is_dir()
    }
    if not by_class:
        raise DataError(
            f"a folder a class in {folder}", "none", "As ImageNet: train/n01440764/*.JPEG."
        )
    empty = [name for name, files in by_class.items() if not files]
    if empty:
        raise DataError(
            f"images ({', '.join(ENDINGS)}) of the class {empty[0]!r} in {folder}",
            "none",
            "Add some, or remove the empty folder.",
        )
    return by_class


def _image(file: Path, size: int, resized: int) -> NDArray[np.uint8]:
    """(3, size, size)."""
    from PIL import Image

    fetch = "It is damaged, or no photograph: fetch it again."
    with reading(f"an image in {file}", DataError, fetch), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of what is refused here or does no harm
        with Image.open(file) as opened:
            share = resized / min(opened.size)
            wide, high = (max(resized, round(share * side)) for side in opened.size)
            pixels = max(math.prod(opened.size), wide * high)
            if pixels > PIXELS:
                raise ValueError(f"{opened.size} pixels, {pixels} when resized")
            image = opened.convert("RGB")
    image = image.resize((wide, high), Image.Resampling.BILINEAR)
    left, top = (wide - size) // 2, (high - size) // 2
    cropped = image.crop((left, top, left + size, top + size))
    return np.asarray(cropped, np.uint8).transpose(2, 0, 1)
