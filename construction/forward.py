"""Outputs along a path: one forward pass a lambda, tile by tile, reduced to moments at once.

From there on no network is needed, as scaling the head by c scales the outputs by c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from .errors import InputError, WeightsError
from .losses import check_loss, real_targets, squared_moments
from .networks import State, evaluate, find_head, private_copy, verify_head
from .paths import Path, Polyline, check_finite, convert
from .sheet import Sheet

#: Samples a tile; chosen here because the activations of common small networks then stay in cache.
TILE = 1000
#: Samples on which the head is looked for and verified.
PROBE = 64


#: Inputs and targets as tensors or arrays, or a loader of such pairs, read once into memory.
Data = tuple[ArrayLike | Tensor, ArrayLike | Tensor] | DataLoader[Any]


class Forward:
    """A network that can be asked for its moments at any lambda of a path.

    The user's model is copied, never run or changed.

    Args:
        model: any module with a linear last layer.
        path: weights at each lambda.
        data: inputs (samples, ...) and targets (samples,) or (samples, outputs), or a DataLoader
            of such batches.
        loss: "squared".
        head: name of the last layer; found when None, verified always.
        device, dtype: of the forward pass, float32 or float64; those of W(0) when None. Sums are
            float64 always.

    Raises:
        InputError: data of unequal length, not tensors or arrays, or not finite; unknown loss.
        WeightsError: weights that do not fit the model, or are not finite.
        HeadError: see `construction.networks.verify_head`.
    """

    def __init__(
        self,
        model: nn.Module,
        path: Path,
        data: Data,
        *,
        loss: str = "squared",
        head: str | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        check_loss(loss)
        if not callable(path):
            raise InputError(
                "a path: Line, Polyline, or a callable from lambda to a state dict",
                type(path).__name__,
                "Two state dicts make Line(initial, final).",
            )
        initial = path(0.0)
        check_fits(model, initial)
        self.device, self.dtype = _place_of(initial, device, dtype)
        self.user_model, self.user_path, self.loss = model, path, loss
        self.path = _moved(path, self.device, self.dtype)
        self.model = private_copy(model).to(self.device, self.dtype)

        self.inputs, targets = _check_data(data, self.device, self.dtype)
        probe = self.inputs[:PROBE]
        self.head = find_head(self.model, probe) if head is None else head
        for lam in (0.0, 1.0):
            verify_head(self.model, self.path(lam), self.head, probe)
        with torch.no_grad():
            self.targets = real_targets(targets, evaluate(self.model, self.path(0.0), probe))

    def moments(self, lam: float) -> NDArray[np.float64]:
        """``(a, b, d)`` at one lambda, float64.

        Raises:
            WeightsError: weights of a callable path, or the outputs, are not finite.
        """
        state = self.path(lam)
        if not isinstance(self.path, Polyline):
            check_fits(self.model, state)
            for name, value in state.items():
                check_finite(name, value, f"W({lam:.6g})")
        total = torch.zeros(3, dtype=torch.float64, device=self.device)
        with torch.no_grad():
            for start in range(0, len(self.inputs), TILE):
                tile = slice(start, start + TILE)
                outputs = evaluate(self.model, state, self.inputs[tile])
                total += squared_moments(outputs, self.targets[tile])
        found: NDArray[np.float64] = (total / len(self.inputs)).cpu().numpy()
        if not np.isfinite(found).all():
            raise WeightsError(
                "finite outputs along the path",
                f"NaN or infinite ones at lambda = {lam:.6g}",
                "The weights there overflow: try dtype=torch.float64 or another path.",
            )
        return found

    def along(self, lams: Iterable[float], label: str = "forward") -> Sheet:
        """The sheet over the given lambdas, with a progress bar in a terminal."""
        grid = np.fromiter(lams, float)
        found = [self.moments(lam) for lam in tqdm(grid, label, disable=None, leave=False)]
        a, b, d = np.transpose(found)
        return Sheet(grid, a, b, float(d[0]))


def _moved(path: Path, device: torch.device, dtype: torch.dtype) -> Path:
    """The path with weights on the device; a polyline interpolates in `dtype` itself."""
    if isinstance(path, Polyline):
        return path.to(device, dtype)
    user: Callable[[float], State] = path
    return lambda lam: convert(user(lam), device, dtype)


def _place_of(
    state: State, device: torch.device | str | None, dtype: torch.dtype | None
) -> tuple[torch.device, torch.dtype]:
    """Device and type of the forward pass: as asked, else those of the weights."""
    floats = [value for value in state.values() if value.is_floating_point()]
    if not floats:
        raise WeightsError(
            "weights in the state dict", "none of floating point", "Pass model.state_dict()."
        )
    if dtype is None:  # half precision is too coarse for the roots: such weights run in float32
        dtype = torch.float64 if floats[0].dtype == torch.float64 else torch.float32
    if dtype not in (torch.float32, torch.float64):
        raise InputError("dtype torch.float32 or torch.float64", f"{dtype}", "Use one of the two.")
    place = floats[0].device if device is None else device
    try:
        return torch.empty(0, device=place).device, dtype
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(
            "a device that this PyTorch can use",
            f"{place!s}: {str(error).splitlines()[0]}",
            "Use 'cpu', or leave the device out.",
        ) from error


def check_fits(model: nn.Module, state: State) -> None:
    """Refuse weights that are not the model's.

    Raises:
        WeightsError: entries that are missing, unknown or of another shape.
    """
    if not isinstance(state, Mapping):
        raise WeightsError(
            "a path that returns state dicts", type(state).__name__, "Return name -> tensor."
        )
    own = model.state_dict()
    odd = sorted(own.keys() ^ state.keys())
    odd += [name for name in own.keys() & state.keys() if own[name].shape != state[name].shape]
    if odd:
        raise WeightsError(
            "weights that fit the model",
            f"{len(odd)} entries that are missing, unknown or of another shape, "
            f"the first {odd[0]!r}",
            "Pass the architecture that the state dicts were taken from.",
        )


def _read(loader: DataLoader[Any]) -> tuple[Tensor, Tensor]:
    """All batches of a loader, in the order in which they come."""
    inputs, targets = zip(*loader, strict=True)
    return torch.cat(inputs), torch.cat(targets)


def _check_data(data: Data, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    try:
        parts = _read(data) if isinstance(data, DataLoader) else data
        inputs, targets = (torch.as_tensor(part, device=device) for part in parts)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            "data as a pair (inputs, targets) of tensors or arrays",
            type(data).__name__,
            "Pass all samples as two tensors, or a DataLoader.",
        ) from error
    if not inputs.ndim or inputs.shape[:1] != targets.shape[:1] or inputs.numel() == 0:
        raise InputError(
            "as many targets as inputs, at least one",
            f"inputs of shape {tuple(inputs.shape)} and targets of shape {tuple(targets.shape)}",
            "Pass one target a sample.",
        )
    if inputs.is_floating_point():
        inputs = inputs.to(dtype)
        if not torch.isfinite(inputs).all():
            raise InputError("finite inputs", "NaN or infinite ones", "Remove those samples.")
    return inputs, targets
