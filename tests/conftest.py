"""Settings of all tests, and fixtures that several files share."""

import gzip
import hashlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from construction import data
from construction.data.sources import CIFAR_10, MNIST
from construction.experiments.kept import record_path
from construction.experiments.path.settings import Experiment
from construction.experiments.run import run
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.training import side_by_side
from construction.training.recipe import Recipe

from .browser import chromium, opened
from .problems import fill, idx

__all__ = ["chromium", "opened"]  # fixtures of all folders: a process starts one browser

# a busy machine fails no test; continuous integration draws the same examples each time
settings.register_profile("construction", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("construction")
torch.set_num_threads(1)  # the networks are too small to gain from more
logging.getLogger("fontTools").setLevel(logging.WARNING)  # printed, where manim was imported
side_by_side.PROCESSES = 1  # other processes would import torch again


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is made once, a file, a film, or for all films, is made by one of several workers.

    Slow tests that tell no film share nothing that takes long, and go to whoever is free.
    """
    for item in items:
        film = item.callspec.params.get("name") if hasattr(item, "callspec") else None
        slow, fixtures = item.get_closest_marker("slow"), getattr(item, "fixturenames", ())
        if not slow and "film_record" in fixtures:
            item.add_marker(pytest.mark.xdist_group("films"))
        elif film and "seen" in fixtures:
            item.add_marker(pytest.mark.xdist_group(film))
        elif not slow:
            file = item.path.stem.removeprefix("test_").removesuffix("_scene")
            item.add_marker(pytest.mark.xdist_group(file))


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A test leaves to the next ones how the process answers an interruption."""
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    """Each device there is."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return request.param


@pytest.fixture
def small(monkeypatch) -> dict[str, bytes]:
    """Four small files in MNIST's format, which from here on are what MNIST's should be."""
    rng = np.random.default_rng(0)
    contents = [
        idx(rng.integers(0, 256, shape, np.uint8)) for shape in ((6, 4, 4), 6, (3, 4, 4), 3)
    ]
    files = dict(zip(MNIST.files, contents, strict=True))
    sums = {name: sha256(c) for name, c in files.items()}
    packed = {
        f"{name}.gz": f"sha256:{sha256(gzip.compress(c, mtime=0))}" for name, c in files.items()
    }
    monkeypatch.setitem(data.SOURCES, "mnist", replace(MNIST, files=sums, downloads=packed))
    return files


@pytest.fixture
def small_cifar(monkeypatch) -> Callable[[Path], np.ndarray]:
    """Writes six batches of two images, which from here on are CIFAR-10's, and gives them back."""
    records = np.random.default_rng(0).integers(0, 256, (6, 2, 3073), np.uint8)
    records[..., 0] %= 10
    batches = dict(zip(CIFAR_10.files, (batch.tobytes() for batch in records), strict=True))
    published = {name: sha256(content) for name, content in batches.items()}
    monkeypatch.setitem(data.SOURCES, "cifar-10", replace(CIFAR_10, files=published))

    def write(folder: Path) -> np.ndarray:
        fill(folder, batches)
        return records

    return write


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="session")
def film_record(tmp_path_factory) -> Path:
    """The record of a small network, really trained, with both routes of the film."""
    torch.set_num_threads(1)
    recipe = Recipe(architecture=MLP((784, 32, 10)), epochs=20, checkpoints=3)
    film = Experiment("MNIST 5,000 · MLP 784-32-10 · He init", recipe, points=41, checks=15)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSTRUCTION_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(EXPERIMENTS, "film-test", film)
        run("film-test", report=lambda line: None)
        return record_path("film-test")
