"""Settings of all tests, and fixtures that several files share."""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from construction import data
from construction.experiments import run
from construction.settings import EXPERIMENTS, MLP, Experiment, Recipe, record_path

from .problems import idx

# a busy machine fails no test; continuous integration draws the same examples each time
settings.register_profile("construction", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("construction")
torch.set_num_threads(1)  # the networks are too small to gain from more


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
    files = dict(zip(data.MNIST_FILES, contents, strict=True))
    monkeypatch.setattr(
        data,
        "MNIST_FILES",
        {
            name: tuple(hashlib.sha256(x).hexdigest() for x in (gzip.compress(c, mtime=0), c))
            for name, c in files.items()
        },
    )
    return files


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
