"""Losses and small networks in numpy, from their definitions, in the type of the outputs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np

CLASSES = ("cross_entropy", "label_smoothing")


def objective(loss: str, outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Mean over the samples; outputs (..., samples, width)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return each(loss, outputs, targets).mean(-1)


def each(loss: str, p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of each sample, (..., samples)."""
    if loss in CLASSES:
        return _classes(loss, p, y)
    far = np.abs(p - y)
    if loss == "squared":
        return (far**2).sum(-1)
    if loss == "absolute":
        return far.sum(-1)
    if loss == "huber":
        return np.where(far < 1, far**2 / 2, far - 0.5).sum(-1)
    if loss == "pinball":
        return (far / 2).sum(-1)
    if loss == "hinge":
        return np.clip(1 - y * p, 0, None).sum(-1)
    if loss == "binary_cross_entropy":
        return (np.logaddexp(0, -p) + (1 - y) * p).sum(-1)
    assert loss == "poisson"
    return (np.exp(p) - y * p).sum(-1)


def _classes(loss: str, p: np.ndarray, y: np.ndarray) -> np.ndarray:
    own = np.take_along_axis(p, np.broadcast_to(y, p.shape[:-1])[..., None], -1)
    z = p - own  # 0 for the right class
    top = z.max(-1, keepdims=True)
    entropy = top[..., 0] + np.log(np.exp(z - top).sum(-1))
    return entropy - (0.1 * z.mean(-1) if loss == "label_smoothing" else 0.0)


def forward(state: Mapping[str, np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """Linear layers in the order of their names, with ReLUs between them."""
    layers = [name[: -len(".weight")] for name in state if name.endswith(".weight")]
    x = inputs
    for k, layer in enumerate(layers):
        x = x @ state[f"{layer}.weight"].T + state.get(f"{layer}.bias", 0.0)
        x = np.maximum(x, 0) if k + 1 < len(layers) else x
    return x


def condition(loss: str, outputs: np.ndarray, targets: np.ndarray) -> float:
    """By how much the objective moves where every output moves by its own size, up to curvature.

    Up or down, whichever moves it more: beside a kink they differ.
    """
    here = objective(loss, outputs, targets)
    moved = np.zeros(outputs.shape)
    for j, step in itertools.product(range(outputs.shape[-1]), (1e-6, -1e-6)):
        other = outputs.copy()
        other[..., j] *= 1 + step
        change = each(loss, other, targets) - each(loss, outputs, targets)
        moved[..., j] = np.maximum(moved[..., j], np.abs(change / step))
    return float(moved.sum(-1).mean() + np.abs(here))
