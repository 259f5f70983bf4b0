"""How the hidden units of two networks correlate over the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ..forward.forward import MEMORY
from ..forward.ranks import summed_over_ranks
from ..forward.samples import Data, Samples
from ..network.heads import evaluate, private_copy
from .symmetry import Symmetry

#: Samples whose activations in all layers are in memory together. Chosen here.
TILE = 50
#: Share of the mean square below which a variance is rounding, and the unit counts as constant.
CONSTANT = 1e-12


def correlations(
    model: nn.Module,
    symmetry: Symmetry,
    first: Mapping[str, Tensor],
    second: Mapping[str, Tensor],
    data: Data,
) -> dict[int, Tensor]:
    """Correlations of the units of the first network with those of the second, by group.

    Taken where a layer reads them, over samples and pixels, and summed over the layers that do; 0
    where a unit is constant.

    Args:
        model: the architecture.
        symmetry: its groups.
        first, second: weights.
        data: only its inputs count.

    Returns:
        (units of the first, units of the second) float64 on the CPU, for each group.
    """
    place = first[symmetry.axes[0].name]
    samples = Samples(data, place.device, place.dtype, MEMORY // 4)
    samples.divide(TILE)
    runner = private_copy(model).to(place.device, place.dtype)
    read: dict[str, Tensor] = {}
    for reader in symmetry.readers:
        runner.get_submodule(reader.name).register_forward_pre_hook(_keep(read, reader.name))
    sums = {
        (reader, group): _Sums(symmetry.units[group], place.device)
        for reader in symmetry.readers
        for group in reader.groups
    }
    with torch.no_grad():
        for inputs, _ in samples:
            both = []
            for state in (first, second):
                evaluate(runner, state, inputs)
                both.append(dict(read))
            for (reader, group), total in sums.items():
                total.add(*(reader.rows(values[reader.name], group) for values in both))
    found: dict[int, Tensor] = {}
    for (_, group), total in sums.items():
        found[group] = found.get(group, 0) + total.correlation()
    return found


def _keep(read: dict[str, Tensor], name: str) -> Callable[[nn.Module, tuple[Tensor]], None]:
    def note(_: nn.Module, inputs: tuple[Tensor]) -> None:
        read[name] = inputs[0]

    return note


class _Sums:
    """Of units of two networks, their squares and products, over values that come in parts."""

    def __init__(self, units: int, device: torch.device) -> None:
        self.count = torch.zeros((), dtype=torch.float64, device=device)
        self.sums = torch.zeros(2, units, dtype=torch.float64, device=device)
        self.squares = torch.zeros_like(self.sums)
        self.products = torch.zeros(units, units, dtype=torch.float64, device=device)

    def add(self, first: Tensor, second: Tensor) -> None:
        """Values of all units, (units, values) each."""
        self.count += first.shape[1]
        self.sums += torch.stack([first.sum(1), second.sum(1)])
        self.squares += torch.stack([first.square().sum(1), second.square().sum(1)])
        self.products += first @ second.T

    def correlation(self) -> Tensor:
        """(units, units), on the CPU."""
        count, sums, squares, products = (
            summed_over_ranks(part).cpu()
            for part in (self.count, self.sums, self.squares, self.products)
        )
        means = sums / count
        variance = squares / count - means.square()
        constant = variance <= CONSTANT * squares / count
        spread = torch.where(constant, torch.inf, variance.sqrt())
        covariance = products / count - means[0].outer(means[1])
        correlation: Tensor = covariance / spread[0].outer(spread[1])
        return correlation
