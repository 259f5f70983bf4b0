"""What lies in the folder of a run, whole, interrupted or damaged."""

from pathlib import Path

import pytest

from construction.training.training import Run, train

from ..runs import TINY, interrupt


def content(run: Run) -> tuple:
    """All results of a run, bit for bit, apart from the time it took."""
    weights = {step: file_of(run, step).read_bytes() for step in run.steps}
    return weights, run.epoch_objective, run.weights_checksum


def file_of(run: Run, step: int) -> Path:
    return run.folder / f"weights-{step:06d}.safetensors"


def interrupted_at(folder: Path, owner, name: str, call: int) -> Path:
    """The folder of a run that was interrupted in the `call`-th call of a function."""
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, owner, name, call)
        with pytest.raises(KeyboardInterrupt):
            train(TINY, folder)
    return folder


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
