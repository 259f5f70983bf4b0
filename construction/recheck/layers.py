"""The steps of a network: which there are, what they need, and the shapes they give.

Nothing is computed here; a step that is here has weights, options and shapes that fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .archive import UnreadableError

#: Numbers of one sample that may be in memory, and of all samples that are bounded together.
MOST, TOGETHER, SAMPLES = 2**25, 2**22, 1000
#: How many earlier results each kind reads.
READS = {
    "input": 0, "linear": 1, "convolution": 1, "relu": 1, "leaky_relu": 1, "max_pool": 1,
    "average_pool": 1, "average": 1, "padded_shortcut": 1, "flatten": 1, "add": 2,
}  # fmt: skip

Shape = tuple[int, ...]
Pair = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """One step, which reads the results of earlier ones.

    Attributes:
        kind: one of `READS`.
        reads: indices of the steps whose results it takes.
        weight, bias: names of its entries, empty where there is none.
        shape: of its result, for one sample.
        window: how a convolution or a pooling moves.
        groups: of a convolution.
        slope: of a leaky ReLU below zero, from 0 to 1.
        stride: of a padded shortcut.
    """

    kind: str
    reads: tuple[int, ...]
    weight: str = ""
    bias: str = ""
    shape: Shape = ()
    window: Window | None = None
    groups: int = 1
    slope: float = 0.0
    stride: int = 1


@dataclass(frozen=True)
class Window:
    """How a window moves over rows and columns."""

    size: Pair
    stride: Pair
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    spread: Pair = field(init=False)

    def __post_init__(self) -> None:
        """From the first of its pixels to the last."""
        reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.size, strict=True)]
        object.__setattr__(self, "spread", tuple(reach))

    def places(self, rows: int, columns: int) -> Pair:
        """How often it fits, down and across."""
        down, across = (
            (size + 2 * pad - spread) // stride + 1
            for size, pad, spread, stride in zip(
                (rows, columns), self.padding, self.spread, self.stride, strict=True
            )
        )
        return down, across

    def over(self, h: NDArray[Any], fill: Any) -> NDArray[Any]:
        """(samples, channels, rows, columns) -> (..., down, across, pixels of the window)."""
        (top, side), (down, across), (high, wide) = self.padding, self.stride, self.dilation
        sides = ((0, 0), (0, 0), (top, top), (side, side))
        padded = np.pad(h, sides, constant_values=fill)
        cut = sliding_window_view(padded, self.spread, (2, 3))
        cut = cut[:, :, ::down, ::across, ::high, ::wide]
        return cut.reshape(*cut.shape[:4], -1)


def read_steps(
    listed: list[Any], inputs: NDArray[Any], entries: Mapping[str, Shape]
) -> tuple[list[Step], int]:
    """The steps, and how many samples can be bounded together.

    Args:
        listed: the entries of the manifest.
        inputs: of the network.
        entries: shapes of the weights, by name.

    Raises:
        UnreadableError: a step that is not known or does not fit, or too large a network.
    """
    steps: list[Step] = []
    held, largest = 0, 0
    for one in listed:
        step, inside = _step(one, steps, inputs.shape[1:], entries)
        steps.append(step)
        held, largest = held + math.prod(step.shape), max(largest, inside)
        if held + largest > MOST:
            raise UnreadableError(f"a network with more than {MOST} activations a sample")
    if not steps or len(steps[-1].shape) != 1 or not steps[-1].shape[0]:
        raise UnreadableError("a network whose outputs are no row of numbers")
    return steps, max(1, min(SAMPLES, TOGETHER // (held + largest)))


def _step(
    entry: Any, earlier: list[Step], inputs: Shape, entries: Mapping[str, Shape]
) -> tuple[Step, int]:
    """A step, and how many numbers it needs beside its result."""
    try:
        kind, options = entry["kind"], entry["options"]
        reads = tuple(whole(k) for k in entry["reads"])
        name = f"{entry['name']}." if entry["name"] else ""
        biased = entry["bias"]
    except (TypeError, KeyError) as error:
        raise UnreadableError(f"a step that lacks {error}") from error
    if not isinstance(kind, str) or kind not in READS or len(reads) != READS[kind]:
        raise UnreadableError(f"a step {kind!r} of {len(reads)}, which this program does not know")
    if not isinstance(options, dict) or not all(0 <= k < len(earlier) for k in reads):
        raise UnreadableError(f"a step {kind!r} that reads what is not there")
    before = [earlier[k].shape for k in reads]
    if kind == "input":
        return Step(kind, reads, shape=inputs), 0
    if kind in ("linear", "convolution"):
        weight, bias = f"{name}weight", f"{name}bias" if biased else ""
        shape = entries.get(weight, ())
        if not shape or (biased and entries.get(bias) != shape[:1]):
            raise UnreadableError(f"a step {kind!r} without the entry {weight!r} or {bias!r}")
        step = Step(kind, reads, weight, bias)
        return (
            _linear(step, before[0], shape)
            if kind == "linear"
            else _convolution(step, before[0], shape, options)
        )
    return _unweighted(kind, reads, before, options)


def _linear(step: Step, before: Shape, weight: Shape) -> tuple[Step, int]:
    if len(weight) != 2 or before != weight[1:]:
        raise UnreadableError(f"the entry {step.weight!r} of {weight} on {before}")
    return _shaped(step, weight[:1]), 0


def _convolution(
    step: Step, before: Shape, weight: Shape, options: Mapping[str, Any]
) -> tuple[Step, int]:
    groups = _positive(options, "groups")
    if len(weight) != 4 or len(before) != 3 or 0 in weight:
        raise UnreadableError(f"the entry {step.weight!r} of {weight} on {before}")
    if weight[1] * groups != before[0] or weight[0] % groups:
        raise UnreadableError(f"the entry {step.weight!r} of {weight} on {before}, {groups} groups")
    window = Window(
        (weight[2], weight[3]),
        _pair(options, "stride", 1),
        _pair(options, "padding", 0),
        _pair(options, "dilation", 1),
    )
    return _windowed(step, window, before, weight[0], groups=groups)


def _unweighted(
    kind: str, reads: tuple[int, ...], before: list[Shape], options: Mapping[str, Any]
) -> tuple[Step, int]:
    step, shape = Step(kind, reads), before[0]
    if kind == "relu":
        return _shaped(step, shape), 0
    if kind == "leaky_relu":
        slope = number(options.get("negative_slope"))
        if not 0 <= slope <= 1:
            raise UnreadableError(f"a leaky ReLU of the slope {slope}, not from 0 to 1")
        return _shaped(step, shape, slope=slope), 0
    if kind == "flatten":
        return _shaped(step, (math.prod(shape),)), 0
    if kind == "add":
        if before[1] != shape:
            raise UnreadableError(f"a sum of the shapes {shape} and {before[1]}")
        return _shaped(step, shape), 0
    if len(shape) != 3 or 0 in shape:
        raise UnreadableError(f"a step {kind!r} on {shape}, no channels of pixels")
    if kind == "average":
        return _shaped(step, (shape[0], 1, 1)), 0
    if kind == "padded_shortcut":
        channels, stride = _positive(options, "channels"), _positive(options, "stride")
        if channels < shape[0]:
            raise UnreadableError(f"a shortcut to {channels} channels from {shape[0]}")
        kept = [-(-size // stride) for size in shape[1:]]
        return _shaped(step, (channels, *kept), stride=stride), 0
    padding = _pair(options, "padding", 0)
    window = Window(_pair(options, "kernel_size", 1), _pair(options, "stride", 1), padding)
    if any(2 * pad > size for pad, size in zip(padding, window.size, strict=True)):
        raise UnreadableError(f"a step {kind!r} with more padding than half a window")
    return _windowed(step, window, shape, shape[0])


def _windowed(
    step: Step, window: Window, before: Shape, channels: int, groups: int = 1
) -> tuple[Step, int]:
    places = window.places(*before[1:])
    if min(places) < 1:
        raise UnreadableError(f"a step {step.kind!r} whose window is larger than {before}")
    inside = before[0] * math.prod(places) * math.prod(window.size)
    padded = before[0] * math.prod(
        a + 2 * b for a, b in zip(before[1:], window.padding, strict=True)
    )
    return _shaped(step, (channels, *places), window=window, groups=groups), inside + padded


def _shaped(step: Step, shape: Shape, **more: Any) -> Step:
    return Step(**{**vars(step), "shape": shape, **more})


def number(value: Any) -> float:
    """A finite number of JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError(f"{value!r} in place of a number")
    try:
        real = float(value)
    except OverflowError:
        real = math.inf
    if not math.isfinite(real):
        raise UnreadableError("a number that is not finite")
    return real


def whole(value: Any) -> int:
    """A whole number of JSON."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 2**53:
        raise UnreadableError("a whole number that is none, or too large")
    return value


def _positive(options: Mapping[str, Any], key: str) -> int:
    value = whole(options.get(key))
    if value < 1:
        raise UnreadableError(f"{value} for {key!r}")
    return value


def _pair(options: Mapping[str, Any], key: str, least: int) -> Pair:
    """For rows and columns, where one number stands for both."""
    value = options.get(key)
    first, last = value if isinstance(value, list) and len(value) == 2 else (value, value)
    pair = whole(first), whole(last)
    if min(pair) < least:
        raise UnreadableError(f"{value!r} for {key!r}")
    return pair
