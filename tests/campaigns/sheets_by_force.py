"""The sheet of a proof in numpy's 80-bit floats, and whether a statement about it is so.

Nothing here is shared with the prover or the verifying program: the network runs at single
lambdas, and minima over c are found by search.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Long = np.longdouble
#: Steps of the search for a minimum.
STEPS = 200
GOLDEN = (math.sqrt(5) - 1) / 2
#: Scales among which the search begins, for outputs of the size 1.
SCALES = np.concatenate([[0.0], np.geomspace(1e-9, 1e9, 361)]).astype(Long)


class Sheet:
    """g(lambda, c) of what a proof's arrays and steps describe."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.steps, self.loss = manifest["steps"], manifest["loss"]
        self.options = {key: Long(value) for key, value in manifest["loss_options"].items()}
        self.arrays = {name: array.astype(Long) for name, array in arrays.items()}
        self.vertices = [Long(v) for v in arrays["vertices"]]
        self.labels = arrays["targets"].astype(int) if arrays["targets"].ndim == 1 else None
        self._known: dict[float, np.ndarray] = {}

    def outputs(self, lam: float) -> np.ndarray:
        """(samples, outputs)."""
        if lam not in self._known:
            self._known[lam] = self._run(lam)
        return self._known[lam]

    def g(self, lam: float, c: Any) -> Any:
        """The objective at scales c (...,)."""
        scales = np.asarray(c, Long)
        p = scales[..., None, None] * self.outputs(lam)
        return self._losses(p).mean(-1)

    def zero(self) -> Any:
        """L(0)."""
        return self.g(0.0, 0.0)

    def scales(self, lam: float) -> np.ndarray:
        """Scales among which to search, by the size of the outputs."""
        return SCALES / max(np.abs(self.outputs(lam)).max(), Long(1e-300))

    def minimum(self, lam: float) -> tuple[Any, Any]:
        """c* and m, by golden sections of the convex function."""
        with np.errstate(all="ignore"):
            scales = self.scales(lam)
            start = np.nan_to_num(self.g(lam, scales), nan=np.inf)
        k = int(start.argmin())
        low, high = scales[max(k - 1, 0)], scales[min(k + 1, len(scales) - 1)]
        best = scales[k], start[k]
        for _ in range(STEPS):
            inner = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
            values = [self.g(lam, c) for c in inner]
            best = min([best, *zip(inner, values, strict=True)], key=lambda pair: pair[1])
            low, high = (low, inner[1]) if values[0] < values[1] else (inner[0], high)
            if high - low <= Long(1e-12) * high:
                break
        return best

    def grows(self, lam: float) -> bool:
        """Whether g grows without bound in c, seen from its slope at large scales."""
        largest = np.abs(self.outputs(lam)).max()
        if not largest:
            return False
        far = np.array([2, 4], Long) * Long(1e12) / largest
        with np.errstate(all="ignore"):
            first, second = self.g(lam, far)
        return not np.isfinite(second) or second > first + Long(1e-6)

    def _run(self, lam: float) -> np.ndarray:
        segment = min(sum(Long(lam) > v for v in self.vertices[1:-1]), len(self.vertices) - 2)
        start, stop = self.vertices[segment : segment + 2]
        share = (Long(lam) - start) / (stop - start)

        def entry(name: str) -> np.ndarray:
            first, last = (self.arrays[f"weights/{segment + k}/{name}"] for k in (0, 1))
            return (1 - share) * first + share * last

        results: list[np.ndarray] = []
        for step in self.steps:
            name = f"{step['name']}." if step["name"] else ""
            reads = [results[k] for k in step["reads"]]
            if step["kind"] == "input":
                results.append(self.arrays["inputs"])
            elif step["kind"] in ("linear", "convolution"):
                result = _affine(step, reads[0], entry(f"{name}weight"))
                if step["bias"]:
                    bias = entry(f"{name}bias")
                    result = result + bias.reshape(-1, *(1,) * (result.ndim - 2))
                results.append(result)
            else:
                results.append(_unweighted(step["kind"], step["options"], *reads))
        return results[-1]

    def _losses(self, p: np.ndarray) -> np.ndarray:
        """Of each sample, (..., samples), of outputs (..., samples, outputs)."""
        if self.loss in ("cross_entropy", "label_smoothing"):
            assert self.labels is not None
            own = np.take_along_axis(
                p, np.broadcast_to(self.labels[:, None], (*p.shape[:-1], 1)), -1
            )
            apart = p - own
            top = apart.max(-1, keepdims=True)
            total = top[..., 0] + np.log(np.exp(apart - top).sum(-1))
            return total - self.options.get("smoothing", Long(0)) * apart.mean(-1)
        y = self.arrays["targets"].reshape(p.shape[-2:])
        return self._phi(p, y).sum(-1)

    def _phi(self, p: np.ndarray, y: np.ndarray) -> np.ndarray:
        off = np.abs(p - y)
        match self.loss:
            case "squared":
                return off * off
            case "absolute":
                return off
            case "huber":
                delta = self.options["delta"]
                return np.where(off < delta, off * off / 2, delta * (off - delta / 2))
            case "pinball":
                quantile = self.options["quantile"]
                return np.where(y > p, quantile * off, (1 - quantile) * off)
            case "binary_cross_entropy":
                return np.maximum(p, 0) + np.log1p(np.exp(-np.abs(p))) - y * p
            case "hinge":
                return np.maximum(0, 1 - y * p)
            case "poisson":
                return np.exp(p) - y * p
        raise AssertionError(self.loss)


def _affine(step: dict[str, Any], h: np.ndarray, weight: np.ndarray) -> np.ndarray:
    if step["kind"] == "linear":
        return (h[:, None, :] * weight).sum(-1)
    options = step["options"]
    (down, across), (top, side), (high, wide) = (
        _pair(options[key]) for key in ("stride", "padding", "dilation")
    )
    padded = np.pad(h, ((0, 0), (0, 0), (top, top), (side, side)))
    rows = (padded.shape[2] - high * (weight.shape[2] - 1) - 1) // down + 1
    columns = (padded.shape[3] - wide * (weight.shape[3] - 1) - 1) // across + 1
    result = np.zeros((len(h), len(weight), rows, columns), Long)
    inside, outside = weight.shape[1], len(weight) // options["groups"]
    for out in range(len(weight)):
        first = out // outside * inside
        for channel in range(inside):
            for i in range(weight.shape[2]):
                for j in range(weight.shape[3]):
                    taken = padded[
                        :, first + channel,
                        i * high : i * high + down * rows : down,
                        j * wide : j * wide + across * columns : across,
                    ]  # fmt: skip
                    result[:, out] += weight[out, channel, i, j] * taken[:, :rows, :columns]
    return result


def _unweighted(kind: str, options: dict[str, Any], *reads: np.ndarray) -> np.ndarray:
    h = reads[0]
    match kind:
        case "relu":
            return np.maximum(h, 0)
        case "leaky_relu":
            return np.where(h < 0, Long(options["negative_slope"]) * h, h)
        case "add":
            return h + reads[1]
        case "flatten":
            return h.reshape(len(h), -1)
        case "average":
            return h.mean((2, 3), keepdims=True)
        case "padded_shortcut":
            kept = h[:, :, :: options["stride"], :: options["stride"]]
            more = options["channels"] - h.shape[1]
            return np.pad(kept, ((0, 0), (0, more), (0, 0), (0, 0)))
    (high, wide), (down, across), (top, side) = (
        _pair(options[key]) for key in ("kernel_size", "stride", "padding")
    )
    fill = -np.inf if kind == "max_pool" else 0.0
    padded = np.pad(h, ((0, 0), (0, 0), (top, top), (side, side)), constant_values=fill)
    rows = range(0, padded.shape[2] - high + 1, down)
    columns = range(0, padded.shape[3] - wide + 1, across)
    cut = np.array([[padded[:, :, i : i + high, j : j + wide] for j in columns] for i in rows])
    reduced = cut.max((-1, -2)) if kind == "max_pool" else cut.mean((-1, -2))
    return np.moveaxis(reduced, (0, 1), (2, 3))


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])
