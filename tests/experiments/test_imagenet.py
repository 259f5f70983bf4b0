"""The plateau from a user's folder of images and checkpoint."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from construction.errors import InputError
from construction.experiments import kept
from construction.experiments.plateau.settings import ImageNet
from construction.experiments.plateau.subject import MEAN, STD, Standardised
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.record.findings import Findings

from ..data.test_image_folder import write_images

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
    """Images of two classes."""
    write_images(tmp_path)
    return tmp_path


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
    manifest = found.manifest
    assert manifest["treatments"] == ["interpolate", "recompute", "batch"]
    assert manifest["classes"] == 2
    assert len(manifest["checkpoint_checksum"]) == 64
    for name in manifest["treatments"]:
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
