import pytest
import torch

from construction.training.training import Run, train

from ..runs import TINY, train_on_few_digits


@pytest.fixture
def few(monkeypatch):
    train_on_few_digits(monkeypatch)


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Run:
    """A run without interruption."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        train_on_few_digits(patch)
        return train(TINY, tmp_path_factory.mktemp("whole"))
