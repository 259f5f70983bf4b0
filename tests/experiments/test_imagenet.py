"""Images in folders, and the plateau from a user's folder and checkpoint."""

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from construction.data.image_folder import read_folder
from construction.errors import DataError, InputError
from construction.experiments import kept
from construction.experiments.plateau.settings import ImageNet
from construction.experiments.plateau.subject import MEAN, STD, Standardised
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.record.findings import Findings

MODEL = """
from torch import nn

def build():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2),
    )

def nothing():
    return 3
"""


@pytest.fixture
def folder(tmp_path):
    """Two classes, three images each of train and val, of different sizes and kinds."""
    rng = np.random.default_rng(0)
    for part in ("train", "val"):
        for label, name in enumerate(("n01", "n02")):
            place = tmp_path / part / name
            place.mkdir(parents=True)
            for k, ending in enumerate(("png", "JPEG", "png")):
                shape = (20 + 4 * k, 14) if ending == "png" else (12, 18, 3)
                pixels = rng.integers(0, 100, shape, np.uint8) + np.uint8(120 * label)
                Image.fromarray(pixels).save(place / f"image-{k}.{ending}")
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


def test_pillow_is_asked_for_where_it_is_missing(folder, monkeypatch):
    monkeypatch.setattr("construction.data.image_folder.find_spec", lambda name: None)
    with pytest.raises(InputError, match="Pillow, which reads images; found that it is missing"):
        read_folder(folder / "train", per_class=1)


def test_images_are_standardised_inside_the_network():
    images = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8)
    network = nn.Conv2d(3, 1, 1)
    mean, std = (torch.tensor(one)[:, None, None] for one in (MEAN, STD))
    expected = network((images / 255 - mean) / std)
    assert torch.allclose(Standardised(network)(images), expected, atol=1e-6)


@pytest.fixture
def settings(folder, monkeypatch):
    """A named run with all three files named in the environment."""
    code = folder / "net.py"
    code.write_text(MODEL)
    torch.manual_seed(3)
    namespace: dict[str, object] = {}
    exec(MODEL, namespace)
    weights = namespace["build"]().state_dict()
    weights["5.bias"] = torch.zeros(2)
    weights["5.weight"] = 0.01 * weights["5.weight"]
    save_file(weights, folder / "trained.safetensors")
    monkeypatch.setenv("CONSTRUCTION_IMAGENET", str(folder))
    monkeypatch.setenv("CONSTRUCTION_CHECKPOINT", str(folder / "trained.safetensors"))
    monkeypatch.setenv("CONSTRUCTION_MODEL", f"{code}:build")
    monkeypatch.setenv("CONSTRUCTION_CACHE", str(folder / "cache"))
    monkeypatch.setattr(kept, "SHIPPED", folder / "shipped")

    def name(**changes) -> ImageNet:
        found = ImageNet("Six images", size=8, resized=10, points=3, takes="1 s", **changes)
        monkeypatch.setitem(EXPERIMENTS, "tiny-imagenet", found)
        return found

    return name


def test_the_plateau_is_measured_from_the_users_files(settings):
    settings()
    lines: list[str] = []
    found = run("tiny-imagenet", report=lines.append)
    assert isinstance(found, Findings)
    told = found.manifest
    assert told["treatments"] == ["interpolate", "recompute", "batch"]
    assert told["classes"] == 2
    assert len(told["checkpoint_checksum"]) == 64
    for name in told["treatments"]:
        part = found.part(name)
        assert part.manifest["zero"] == pytest.approx(np.log(2), rel=1e-6)
        assert part["objective"][-1] == pytest.approx(np.log(2), abs=0.05)
    assert f"{2 * 3 * 3 * 6:,} images at" in lines[1]


def test_other_files_are_other_settings(settings, monkeypatch):
    before = settings().digest
    monkeypatch.setenv("CONSTRUCTION_CHECKPOINT", "other.safetensors")
    assert settings().digest != before


def test_files_that_are_not_named_or_do_not_fit_are_told(settings, folder, monkeypatch):
    settings(model=f"{folder / 'net.py'}:nothing")
    with pytest.raises(InputError, match=r"to return an nn\.Module; found int"):
        run("tiny-imagenet", report=lambda line: None)
    (folder / "val" / "n02").rename(folder / "val" / "n03")
    settings()
    with pytest.raises(InputError, match="the same classes in train and val; found 2 and 2"):
        run("tiny-imagenet", report=lambda line: None)
    for variable in ("CONSTRUCTION_CHECKPOINT", "CONSTRUCTION_IMAGENET"):
        monkeypatch.delenv(variable)
        settings()
        with pytest.raises(InputError, match=f"environment variable {variable}; found none"):
            run("tiny-imagenet", report=lambda line: None)
