"""Images in folders, a folder a class."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from construction.data.image_folder import read_folder
from construction.errors import DataError, InputError


def write_images(folder: Path) -> None:
    """Two classes, three images each of train and val, of different sizes and kinds."""
    rng = np.random.default_rng(0)
    for part in ("train", "val"):
        for label, name in enumerate(("n01", "n02")):
            place = folder / part / name
            place.mkdir(parents=True)
            for k, ending in enumerate(("png", "JPEG", "png")):
                shape = (20 + 4 * k, 14) if ending == "png" else (12, 18, 3)
                pixels = rng.integers(0, 100, shape, np.uint8) + np.uint8(120 * label)
                Image.fromarray(pixels).save(place / f"image-{k}.{ending}")


@pytest.fixture
def folder(tmp_path) -> Path:
    write_images(tmp_path)
    return tmp_path


def test_classes_are_numbered_by_name_and_take_turns(folder):
    found = read_folder(folder / "train", per_class=2, size=8, resized=10)
    assert found.classes == ("n01", "n02")
    assert found.labels.tolist() == [0, 1, 0, 1]
    assert (found.pixels.shape, found.pixels.dtype) == ((4, 3, 8, 8), np.uint8)
    assert found.pixels[1].mean() > found.pixels[0].mean() + 60
    assert len(read_folder(folder / "train", per_class=9, size=8, resized=10).labels) == 6


def test_the_middle_of_the_resized_image_is_kept(tmp_path):
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:30] = 200  # the middle half is bright
    (tmp_path / "a").mkdir()
    Image.fromarray(pixels).save(tmp_path / "a" / "wide.png")
    middle = read_folder(tmp_path, per_class=1, size=6, resized=10).pixels
    assert (middle == 200).all()


def test_what_cannot_be_read_is_told(folder):
    with pytest.raises(DataError, match="no such folder"):
        read_folder(folder / "test", per_class=1)
    with pytest.raises(DataError, match=r"a folder a class in .* found none"):
        read_folder(folder / "train" / "n01", per_class=1)
    with pytest.raises(InputError, match="size 9, resized 8, 1 a class"):
        read_folder(folder / "train", per_class=1, size=9, resized=8)
    (folder / "train" / "n01" / "image-0.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"image-0.png; found .* damaged"):
        read_folder(folder / "train", per_class=1, size=8, resized=10)
    (folder / "val" / "n03").mkdir()
    with pytest.raises(DataError, match=r"of the class 'n03' in .* found none"):
        read_folder(folder / "val", per_class=1, size=8, resized=10)


@pytest.mark.parametrize(
    ("shape", "words"),
    [((1, 60_000), r"\(60000, 1\) pixels, 3932160000"), ((9_500, 9_500), "90250000 when")],
    ids=["a line", "a plain"],
)
def test_an_image_that_would_fill_the_memory_is_refused(tmp_path, shape, words):
    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros(shape, np.uint8)).save(tmp_path / "a" / "image.png")
    with pytest.raises(DataError, match=words):
        read_folder(tmp_path, per_class=1)


def test_pillow_is_asked_for_where_it_is_missing(folder, monkeypatch):
    monkeypatch.setattr("construction.data.image_folder.find_spec", lambda name: None)
    with pytest.raises(InputError, match="Pillow, which reads images; found that it is missing"):
        read_folder(folder / "train", per_class=1)
