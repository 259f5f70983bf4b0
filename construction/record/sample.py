"""A sample: a few inputs, and what the network makes of them along a base path.

Films show it beside the sheet: inputs as images, some units of each hidden layer, the weights
between them, and the outputs. Outputs at any scale c are c times those kept, which are at c = 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from .findings import restored

Numbers = NDArray[Any]


@dataclass(frozen=True)
class Units:
    """Some units of one hidden layer.

    Attributes:
        size: how many the layer has.
        shown: indices of those that are kept, (units,).
        activations: what they give to the next layer, (unit lambdas, samples, units).
        weights: from the units kept of the layer before, (unit lambdas, units, units before); None
            for the first.
    """

    size: int
    shown: Numbers
    activations: Numbers
    weights: Numbers | None


@dataclass(frozen=True)
class Sample:
    """A few inputs along a base path.

    Attributes:
        held_out: whether the network was not trained on them; None where nobody said.
        images: the inputs, as brightness from 0 to 255, (samples, rows, columns), with a last axis
            of 3 where they are coloured; None where they are no images.
        targets: one-hot for class indices, (samples, outputs).
        lam: where the outputs are kept, some of the route's own lambdas, (lambdas,).
        outputs: at c = 1, (lambdas, samples, outputs).
        classes: indices of the outputs that are kept, (outputs,).
        output_count: how many outputs the network has.
        unit_lam: where activations and weights are kept, (unit lambdas,).
        layers: hidden layers in order, the one that feeds the head last; that one alone where the
            network is no chain of layers.
        head: the head's weights from the units kept, (unit lambdas, outputs, units).
    """

    held_out: bool | None
    images: Numbers | None
    targets: Numbers
    lam: Array
    outputs: Numbers
    classes: Numbers
    output_count: int
    unit_lam: Array
    layers: tuple[Units, ...]
    head: Numbers

    @property
    def labels(self) -> Numbers | None:
        """Of each input the place of its class among the outputs kept, (samples,).

        None where targets are not one-hot.
        """
        ones = (self.targets == 1).sum(axis=1) == 1
        one_hot = ones & ((self.targets == 0).sum(axis=1) == self.targets.shape[1] - 1)
        labels: Numbers = self.targets.argmax(axis=1)
        return labels if one_hot.all() else None

    def outputs_at(self, lam: float) -> Array:
        """At c = 1, interpolated between the lambdas kept, (samples, outputs)."""
        return _between(self.lam, self.outputs, lam)

    def units_at(self, kept: Numbers, lam: float) -> Array:
        """Activations or weights, (unit lambdas, ...), interpolated: of a layer, or `head`."""
        return _between(self.unit_lam, kept, lam)


def _between(grid: Array, values: Numbers, lam: float) -> Array:
    """Values over a grid, (lambdas, ...), interpolated at one lambda."""
    after = int(np.clip(np.searchsorted(grid, lam), 1, len(grid) - 1))
    share = float(np.clip((lam - grid[after - 1]) / (grid[after] - grid[after - 1]), 0, 1))
    found: Array = (1 - share) * values[after - 1].astype(float) + share * values[after]
    return found


#: The arrays of a sample, and of each hidden layer, with their axes. One that comes twice has the
#: same length; that of a layer's own units is 0, of those of the layer before -1.
AXES: dict[str, tuple[str | int, ...]] = {
    "images": ("sample", "row", "column", "colour"),
    "targets": ("sample", "output"),
    "lam": ("lam",),
    "outputs": ("lam", "sample", "output"),
    "classes": ("output",),
    "unit_lam": ("unit lam",),
    "head": ("unit lam", "output", -1),
}
OF_LAYER: dict[str, tuple[str | int, ...]] = {
    "shown": (0,),
    "activations": ("unit lam", "sample", 0),
    "weights": ("unit lam", 0, -1),
}


def arrays_of(sample: Sample) -> dict[str, Numbers]:
    """Its arrays, by the names that they have on disk after those of the route."""
    arrays = {name: getattr(sample, name) for name in AXES}
    for k, layer in enumerate(sample.layers):
        arrays |= {f"{k}/{name}": getattr(layer, name) for name in OF_LAYER}
    return {name: array for name, array in arrays.items() if array is not None}


def entry_of(sample: Sample) -> dict[str, Any]:
    """All of it but the arrays, for the manifest."""
    return {
        "held_out": sample.held_out,
        "output_count": sample.output_count,
        "sizes": [layer.size for layer in sample.layers],
    }


def restored_sample(entry: Mapping[str, Any], arrays: Mapping[str, Numbers]) -> Sample:
    """The sample of which `entry_of` and `arrays_of` gave the parts.

    Raises:
        KeyError, TypeError, ValueError: parts that are missing or do not fit each other.
    """
    there: dict[str, Any] = {"images": None, "0/weights": None, **arrays}
    layers = [
        Units(size, *(there[f"{k}/{name}"] for name in OF_LAYER))
        for k, size in enumerate(restored(tuple[int, ...], entry["sizes"]))
    ]
    sample = Sample(
        held_out=restored(bool | None, entry["held_out"]),
        output_count=restored(int, entry["output_count"]),
        layers=tuple(layers),
        **{name: there[name] for name in AXES},
    )
    _require_fitting(sample)
    return sample


def _require_fitting(sample: Sample) -> None:
    """Refuse arrays whose axes differ where they are the same."""
    lengths: dict[str | int, int] = {"colour": 3}
    for name, array in arrays_of(sample).items():
        layer, _, own = name.rpartition("/")
        axes = OF_LAYER[own] if layer else AXES[own]
        if own == "images" and array.ndim == 3:
            axes = axes[:3]
        for axis, length in zip(axes, array.shape, strict=True):
            if isinstance(axis, int):
                axis += int(layer) if layer else len(sample.layers)
            if not 0 < length == lengths.setdefault(axis, length):
                raise ValueError(f"a sample with another number of each {axis} in {name}")
    for grid in (sample.lam, sample.unit_lam):
        if len(grid) < 2 or not (np.diff(grid) > 0).all():
            raise ValueError("a sample whose lambdas do not increase")
    if sample.images is not None and sample.images.dtype != np.uint8:
        raise ValueError("a sample whose images are no bytes")
