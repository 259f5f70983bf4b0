"""Settings of all tests, and fixtures that several files share."""

import pytest
import torch
from hypothesis import settings

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
