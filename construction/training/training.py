"""Trains a network and keeps its initial and final weights and the checkpoints between.

A CPU trains with one thread, as their number decides the rounding and training multiplies it: the
same recipe gives the same bits on the same kind of CPU. Interrupted training resumes from its last
whole epoch, to the same bits.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from ..errors import InputError, door, require_one_of, require_points
from ..files.storage import ensure_folder, write_whole
from ..forward.batch_norm import normalising_layers
from ..forward.precision import threads, usable_device
from ..network.states import State
from ..progress import tqdm
from .build import augmented, build, inputs_of, optimiser_of, schedule_of
from .recipe import Recipe


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over the samples of ``||N - y||^2``, y one-hot."""
    return (outputs - one_hot(targets, outputs.shape[1])).square().sum(1).mean()


#: What tells how far a training has come.
DONE = ("step", "seconds", "epoch_objective", "digests")
OBJECTIVES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": squared,
    "cross_entropy": cross_entropy,
}


@dataclass(frozen=True)
class Run:
    """A finished training run, its weights on disk.

    Attributes:
        recipe: what was trained.
        folder: where the weights lie.
        steps: of the kept weights; 0 are the initial ones.
        epoch_objective: mean objective of the steps of each epoch, while training.
        seconds: time spent training.
        weights_checksum: SHA-256 of the digests of the initial and final weights.
    """

    recipe: Recipe
    folder: Path
    steps: tuple[int, ...]
    epoch_objective: tuple[float, ...]
    seconds: float
    weights_checksum: str

    @property
    def initial(self) -> State:
        """Weights before the first step."""
        return self.checkpoint(0)

    @property
    def final(self) -> State:
        """Weights after the last step."""
        return self.checkpoint(self.steps[-1])

    def checkpoint(self, step: int) -> State:
        """Weights after `step` steps, one of `steps`."""
        if step not in self.steps:
            raise InputError(
                "the step of a checkpoint",
                f"{step}",
                f"There are {len(self.steps)} from {self.steps[0]} to {self.steps[-1]}, "
                f"{self.steps[1]} apart at most.",
            )
        return load_file(_weights_file(self.folder, step))

    def model(self) -> nn.Module:
        """The architecture, with its initial weights."""
        return build(self.recipe)


@door()
def train(
    recipe: Recipe,
    folder: Path,
    *,
    fresh: bool = False,
    device: str = "cpu",
    progress: Callable[[int], object] | None = None,
) -> Run:
    """Train as the recipe says, or return the run that is already in the folder.

    Args:
        folder: for this recipe alone; made if need be.
        fresh: begin anew whatever is there.
        device: where to train; the weights are kept on the CPU.
        progress: receives how many epochs were finished; without it a bar shows them.

    Raises:
        InputError: a recipe without steps, with a word that is not known, or that diverges; a
            device that cannot be used.
        DataError: see `construction.data.load`.
        CacheError: the folder cannot be written.
    """
    ensure_folder(folder)
    finished = None if fresh else finished_run(recipe, folder)
    if finished:
        return finished
    with threads(1):
        trainer = _Trainer(recipe, folder, usable_device(device))
        if fresh:  # forgotten only now that nothing was refused
            for pattern in ("weights-*.safetensors", "run.json", "resume.pt"):
                for file in folder.glob(pattern):
                    file.unlink()
        trainer.resume()
        trainer.finish(progress)
    run = finished_run(recipe, folder)
    assert run is not None, "a run that just ended can be read back"
    return run


class _Trainer:
    """The state of a training run between two steps."""

    def __init__(self, recipe: Recipe, folder: Path, device: torch.device) -> None:
        self.recipe, self.folder = recipe, folder
        require_one_of(OBJECTIVES, recipe.loss, "a loss")
        data = inputs_of(recipe)
        self.inputs, self.targets = (part.to(device) for part in data[:2])
        self.objective = OBJECTIVES[recipe.loss]
        self.steps_an_epoch = -(-len(self.targets) // recipe.batch_size)
        self.total = recipe.epochs * self.steps_an_epoch
        for what, count in (("steps", self.total), ("checkpoints", recipe.checkpoints)):
            require_points(count, 1, "Raise epochs or checkpoints.", what)
        kept = np.linspace(0, self.total, min(recipe.checkpoints, self.total) + 1)
        self.kept = frozenset(np.rint(kept).astype(int).tolist())
        self.model = build(recipe).to(device)
        _require_batches(self.model, len(self.targets), recipe.batch_size)
        self.optimiser = optimiser_of(recipe, self.model.parameters())
        self.schedule = schedule_of(recipe, self.optimiser, self.total)
        self.order = torch.Generator().manual_seed(recipe.seed)
        self.step, self.seconds = 0, 0.0
        self.epoch_objective: list[float] = []
        self.digests: dict[int, str] = {}  # of the weights kept so far, by step

    def finish(self, progress: Callable[[int], object] | None) -> None:
        """Train from the present step to the last, then describe the finished run."""
        began = time.perf_counter() - self.seconds
        if self.step == 0:
            self._keep_weights()
        hidden = None if progress is None else True
        if progress:
            progress(len(self.epoch_objective))
        with tqdm(
            total=self.total, initial=self.step, desc="training", unit="step", disable=hidden
        ) as bar:
            while self.step < self.total:
                self._epoch(bar)
                self.seconds = time.perf_counter() - began
                self._save_state()
                bar.set_postfix(objective=f"{self.epoch_objective[-1]:.4f}")
                if progress:
                    progress(1)
        self._describe()

    def _epoch(self, bar: tqdm[Any]) -> None:
        total = 0.0
        order = torch.randperm(len(self.inputs), generator=self.order)
        for chosen in order.split(self.recipe.batch_size):
            inputs = self.inputs[chosen]
            if self.recipe.augmented:
                inputs = augmented(inputs, self.order)
            objective = self.objective(self.model(inputs), self.targets[chosen])
            self.optimiser.zero_grad()
            objective.backward()
            self.optimiser.step()
            self.schedule.step()
            total += float(objective.detach())
            self.step += 1
            bar.update()
            if self.step in self.kept:
                self._keep_weights()
        self.epoch_objective.append(total / self.steps_an_epoch)
        if not math.isfinite(total):
            raise InputError(
                "a finite objective while training",
                f"{total} in epoch {len(self.epoch_objective)}",
                "Lower the rate of the recipe.",
            )

    def _keep_weights(self) -> None:
        content = save({name: value.cpu() for name, value in self.model.state_dict().items()})
        write_whole(_weights_file(self.folder, self.step), content)
        self.digests[self.step] = hashlib.sha256(content).hexdigest()

    def _save_state(self) -> None:
        state = {"recipe": self.recipe.digest, "order": self.order.get_state()}
        state |= {name: part.state_dict() for name, part in self._parts().items()}
        state |= {name: getattr(self, name) for name in DONE}
        content = BytesIO()  # as a full disk is no OSError of PyTorch's own files
        torch.save(state, content)
        write_whole(self.folder / "resume.pt", content.getvalue())

    def resume(self) -> None:
        """Take up the last whole epoch, if one of this recipe can be read."""
        try:
            with ZipFile(self.folder / "resume.pt") as archive:
                if archive.testzip():  # a checksum does not fit
                    return
            state = torch.load(self.folder / "resume.pt", map_location="cpu", weights_only=True)
            ours = state["recipe"] == self.recipe.digest
            if not ours or not _all_whole(self.folder, state["digests"]):
                return
        except Exception:  # whatever a damaged file can do
            return
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.order.set_state(state["order"])
        for name in DONE:
            setattr(self, name, state[name])

    def _parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimiser": self.optimiser, "schedule": self.schedule}

    def _describe(self) -> None:
        content: dict[str, Any] = {
            "recipe": asdict(self.recipe),
            "digests": {str(step): digest for step, digest in self.digests.items()},
            "epoch_objective": self.epoch_objective,
            "seconds": self.seconds,
        }
        content["checksum"] = _checksum(content)
        write_whole(self.folder / "run.json", json.dumps(content, indent=1))
        (self.folder / "resume.pt").unlink(missing_ok=True)


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def finished_run(recipe: Recipe, folder: Path) -> Run | None:
    """The whole run in the folder; None where there is none, or anything of it is damaged."""
    try:
        content = json.loads((folder / "run.json").read_text())
        whole = content.pop("checksum") == _checksum(content)
        ours = content["recipe"] == json.loads(json.dumps(asdict(recipe)))
        digests = {int(step): digest for step, digest in content["digests"].items()}
        if not (whole and ours and _all_whole(folder, digests)):
            return None
        steps = tuple(sorted(digests))
        ends = digests[steps[0]] + digests[steps[-1]]
        objective, checksum = content["epoch_objective"], hashlib.sha256(ends.encode()).hexdigest()
        return Run(recipe, folder, steps, tuple(objective), content["seconds"], checksum)
    except Exception:  # whatever a file can hold that is no run
        return None


def _all_whole(folder: Path, digests: Mapping[int, str]) -> bool:
    """Whether the weights of every step are there, byte for byte."""
    return all(
        file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == digest
        for file, digest in ((_weights_file(folder, step), d) for step, d in digests.items())
    )


def _require_batches(model: nn.Module, samples: int, batch_size: int) -> None:
    """Refuse batches of one sample where they are normalised, as it has no variance."""
    if normalising_layers(model) and 1 in (batch_size, samples % batch_size):
        raise InputError(
            "batches of at least two samples for batch normalisation",
            f"{samples} samples in batches of {batch_size}, the last one of a single sample",
            "Choose another batch_size.",
        )


def _weights_file(folder: Path, step: int) -> Path:
    return folder / f"weights-{step:06d}.safetensors"
