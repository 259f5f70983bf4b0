"""Settings of all tests, and fixtures that several files share."""

import gzip
import hashlib

import numpy as np
import pytest
import torch
from hypothesis import settings

from construction import data

from .problems import idx

settings.register_profile("construction", deadline=None)  # a busy machine fails no test
settings.load_profile("construction")


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    """Each device there is."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return request.param


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """The networks are too small to gain from more."""
    torch.set_num_threads(1)


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
