"""The steps of a network: which there are, what they need, and the shapes they give.

Nothing is computed here; a step that is here has weights, options and shapes that fit.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .archive import UnreadableError, taken, whole

#: Numbers of one sample that may be in memory, and of all samples that are bounded together.
MOST, TOGETHER, SAMPLES = 2**25, 2**22, 1000
#: How many earlier results each kind reads.
READS = {
    "input": 0, "linear": 1, "convolution": 1, "relu": 1, "leaky_relu": 1, "max_pool": 1,
    "average_pool": 1, "average": 1, "padded_shortcut": 1, "flatten": 1, "add": 2,
}  # fmt: skip

Shape = tuple[int, ...]
Pair = tuple[int, int]


class Window(NamedTuple):
    """How a window moves over rows and columns."""

    size: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    @property
    def spread(self) -> Pair:
        """From the first of its pixels to the last."""
        (high, wide), (down, across) = self.size, self.dilation
        return down * (high - 1) + 1, across * (wide - 1) + 1

    def padded(self, pixels: Shape) -> Pair:
        """How many rows and columns there are with the padding."""
        return pixels[0] + 2 * self.padding[0], pixels[1] + 2 * self.padding[1]

    def places(self, pixels: Shape) -> Pair:
        """How often it fits, down and across."""
        rows, columns = self.padded(pixels)
        (high, wide), (down, across) = self.spread, self.stride
        return (rows - high) // down + 1, (columns - wide) // across + 1

    def over(self, h: NDArray[Any], fill: Any) -> NDArray[Any]:
        """(samples, channels, rows, columns) -> (..., down, across, pixels of the window)."""
        (top, side), (down, across), (high, wide) = self.padding, self.stride, self.dilation
        sides = ((0, 0), (0, 0), (top, top), (side, side))
        padded = np.pad(h, sides, constant_values=fill)
        cut = sliding_window_view(padded, self.spread, (2, 3))
        cut = cut[:, :, ::down, ::across, ::high, ::wide]
        return cut.reshape(*cut.shape[:4], -1)


class Step(NamedTuple):
    """One step, which reads the results of earlier ones.

    Attributes:
        kind: one of `READS`.
        reads: indices of the steps whose results it takes.
        shape: of its result, for one sample.
        weight, bias: names of its entries, empty where there is none.
        window: how it moves over pixels, where it does.
        groups: of a convolution.
        slope: of a leaky ReLU below zero, from 0 to 1.
    """

    kind: str
    reads: tuple[int, ...]
    shape: Shape
    weight: str = ""
    bias: str = ""
    window: Window | None = None
    groups: int = 1
    slope: float = 0.0


def read_steps(
    listed: list[Any], inputs: NDArray[Any], entries: Mapping[str, Shape]
) -> tuple[list[Step], int]:
    """The steps that a manifest lists, and how many samples can be bounded together.

    `entries` are the shapes of the weights, by name. A step that is not known or does not fit, or
    too large a network, is an UnreadableError.
    """
    steps: list[Step] = []
    held, largest = 0, 0
    for one in listed:
        step = _step(one, steps, inputs.shape[1:], entries)
        if step.window is not None:
            channels, *pixels = steps[step.reads[0]].shape
            inside = math.prod(step.shape[1:]) * math.prod(step.window.size)
            inside += math.prod(step.window.padded(tuple(pixels)))
            largest = max(largest, channels * inside)
        steps.append(step)
        held += math.prod(step.shape)
        if held + largest > MOST:
            raise UnreadableError(f"a network with more than {MOST} activations a sample")
    if not steps or len(steps[-1].shape) != 1 or not steps[-1].shape[0]:
        raise UnreadableError("a network whose outputs are no row of numbers")
    return steps, max(1, min(SAMPLES, TOGETHER // (held + largest)))


def _step(entry: Any, earlier: list[Step], inputs: Shape, entries: Mapping[str, Shape]) -> Step:
    kind, options = taken(entry, "kind", str), taken(entry, "options", dict)
    reads = tuple(whole(k) for k in taken(entry, "reads", list))
    if READS.get(kind) != len(reads):
        raise UnreadableError(f"a step {kind!r} of {len(reads)}, which this program does not know")
    if not all(0 <= k < len(earlier) for k in reads):
        raise UnreadableError(f"a step {kind!r} that reads what is not there")
    shape = earlier[reads[0]].shape if reads else inputs
    step = Step(kind, reads, shape)
    if kind in ("linear", "convolution"):
        name = f"{entry['name']}." if taken(entry, "name", str) else ""
        weight, bias = f"{name}weight", f"{name}bias" if taken(entry, "bias", bool) else ""
        of = entries.get(weight, ())
        if not math.prod(of or (0,)) or (bias and entries.get(bias) != of[:1]):
            raise UnreadableError(f"a step {kind!r} without the entry {weight!r} or {bias!r}")
        step = step._replace(weight=weight, bias=bias)
        if kind == "linear":
            if len(of) != 2 or shape != of[1:]:
                raise UnreadableError(f"the entry {weight!r} of {of} on {shape}")
            return step._replace(shape=of[:1])
        return _windowed(step, options, of)
    if kind == "leaky_relu":
        slope = taken(options, "negative_slope", float)
        if not 0 <= slope <= 1:
            raise UnreadableError(f"a leaky ReLU of the slope {slope}, not from 0 to 1")
        return step._replace(slope=slope)
    if kind == "flatten":
        return step._replace(shape=(math.prod(shape),))
    if kind == "add" and earlier[reads[1]].shape != shape:
        raise UnreadableError(f"a sum of the shapes {shape} and {earlier[reads[1]].shape}")
    return step if kind in ("input", "relu", "add") else _windowed(step, options)


def _windowed(step: Step, options: Mapping[str, Any], weight: Shape = ()) -> Step:
    """A step that moves a window over the pixels of channels."""
    kind, before, groups = step.kind, step.shape, 1
    if len(before) != 3 or 0 in before:
        raise UnreadableError(f"a step {kind!r} on {before}, no channels of pixels")
    channels, *pixels = before
    if kind == "average":
        window = Window((pixels[0], pixels[1]))
    elif kind == "padded_shortcut":
        window = Window((1, 1), (_positive(options, "stride"),) * 2)
        channels = _positive(options, "channels")
        if channels < before[0]:
            raise UnreadableError(f"a shortcut to {channels} channels from {before[0]}")
    else:
        stride, padding = _pair(options, "stride", 1), _pair(options, "padding", 0)
        if kind == "convolution":
            groups = _positive(options, "groups")
            if len(weight) != 4 or weight[1] * groups != channels:
                raise UnreadableError(
                    f"the entry {step.weight!r} of {weight} on {before}, {groups} groups"
                )
            channels, _, high, wide = weight
            if channels % groups:
                raise UnreadableError(f"{channels} channels of {step.weight!r} in {groups} groups")
            window = Window((high, wide), stride, padding, _pair(options, "dilation", 1))
        else:
            window = Window(_pair(options, "kernel_size", 1), stride, padding)
            if any(2 * pad > size for pad, size in zip(padding, window.size, strict=True)):
                raise UnreadableError(f"a step {kind!r} with more padding than half a window")
    places = window.places(before[1:])
    if min(places) < 1:
        raise UnreadableError(f"a step {kind!r} whose window is larger than {before}")
    return step._replace(shape=(channels, *places), window=window, groups=groups)


def _positive(options: Mapping[str, Any], key: str) -> int:
    value: int = taken(options, key, int)
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
