"""The permutations of hidden units under which a network's function stays, read off its modules.

The outputs of a layer may be permuted if whatever reads them is permuted alike. Units that move
together form a *group*: the outputs of one layer or, through residual sums, of several. Where a
`PaddedShortcut` widens a stream, its channels are the groups of the narrow stream and a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..errors import InputError
from ..network.resnet import PaddedShortcut, Residual
from ..network.states import State

#: Groups and their units, in the order in which they lie along an axis.
Layout = tuple[tuple[int, int], ...]
#: Where each unit of a group is taken from, integers (units,), on the CPU.
Permutations = Mapping[int, Tensor]
#: The group of what must not be permuted: the network's inputs and outputs.
FIXED = -1

#: Layers that treat every unit, or every map, by itself and all of them alike.
UNITWISE = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveMaxPool2d, nn.AdaptiveAvgPool2d),
    *(nn.Identity, nn.Dropout, nn.Dropout2d),
)


class UnitAxis(NamedTuple):
    """An axis of a named tensor, and the units that lie along it.

    An axis longer than its units has several places a unit, side by side: the pixels of a map that
    was flattened.
    """

    name: str
    dim: int
    layout: Layout

    @property
    def groups(self) -> set[int]:
        """Those that can be permuted."""
        return {group for group, _ in self.layout} - {FIXED}

    def permuted(self, value: Tensor, permutations: Permutations) -> Tensor:
        """The tensor, permuted along this axis; groups without a permutation stay."""
        taken, start = [], 0
        for group, units in self.layout:
            taken.append(start + permutations.get(group, torch.arange(units)))
            start += units
        places = value.shape[self.dim] // start
        index = (torch.cat(taken)[:, None] * places + torch.arange(places)).flatten()
        return value.index_select(self.dim, index.to(value.device))

    def rows(self, value: Tensor, group: int) -> Tensor:
        """What belongs to each unit of a group, (units, numbers), float64."""
        by_unit = value.movedim(self.dim, 0).reshape(_units(self.layout), -1)
        groups, sizes = zip(*self.layout, strict=True)
        rows: Tensor = by_unit.split(sizes)[groups.index(group)]
        return rows.double()


@dataclass(frozen=True)
class Symmetry:
    """The permutations that leave a network's function as it is.

    Attributes:
        units: of each group, in the order of the network.
        axes: of the entries of the state dict.
        readers: of what modules, by name, take as input.
    """

    units: dict[int, int]
    axes: tuple[UnitAxis, ...]
    readers: tuple[UnitAxis, ...]

    def permuted(self, state: Mapping[str, Tensor], permutations: Permutations) -> State:
        """Weights of the same function, unit k of a group being what ``permutation[k]`` was."""
        moved = dict(state)
        for axis in self.axes:
            moved[axis.name] = axis.permuted(moved[axis.name], permutations)
        return moved


def symmetry_of(model: nn.Module) -> Symmetry:
    """The symmetry of a network of the kinds of layers that `mlp`, `lenet` and `resnet` are of.

    `nn.Sequential`, linear and convolutional layers, batch normalisation, `UNITWISE` ones,
    flattening, `Residual` and `PaddedShortcut`.

    Raises:
        InputError: another kind of module, or one that is used in a way not known here.

    >>> from construction.network.networks import mlp
    >>> symmetry_of(mlp((4, 3, 5, 2))).units
    {0: 3, 1: 5}
    """
    walk = _Walk()
    walk.tie(walk.through(model, "", None), None)
    axes, readers = (
        tuple(UnitAxis(name, dim, walk.resolved(layout)) for name, dim, layout in noted)
        for noted in (walk.axes, walk.readers)
    )
    units = {group: n for group, n in enumerate(walk.units) if group not in walk.tied}
    return Symmetry(units, axes, readers)


class _Walk:
    """Goes through the modules in the order in which they run, and notes who moves with whom."""

    def __init__(self) -> None:
        self.axes: list[UnitAxis] = []
        self.readers: list[UnitAxis] = []
        self.units: list[int] = []
        self.tied: dict[int, Layout] = {}  # what a group turned out to be
        self.seen: set[int] = set()
        self.maps = False  # whether the units are maps of pixels here

    def through(self, module: nn.Module, name: str, layout: Layout | None) -> Layout | None:
        """The layout of what the module returns; None is that of the network's inputs."""
        kind = type(module)
        if kind is nn.Sequential:
            for child, part in module._modules.items():  # named_children drops a second use
                assert part is not None, "a sequence has no empty places"
                layout = self.through(part, _join(name, child), layout)
            return layout
        if isinstance(module, Residual):
            shortcut = self.through(module.shortcut, _join(name, "shortcut"), layout)
            body = self.through(module.body, _join(name, "body"), layout)
            self.tie(body, shortcut)
            return shortcut
        if isinstance(module, PaddedShortcut) and layout is not None:
            return layout + self._new(module.channels - _units(layout))
        if isinstance(module, nn.Flatten) and (module.start_dim, module.end_dim) == (1, -1):
            self.maps = False
            return layout
        if kind in UNITWISE:
            return layout
        if kind in (nn.BatchNorm1d, nn.BatchNorm2d):
            self._note(module, name, layout)
            return layout
        if isinstance(module, nn.Linear | nn.Conv2d) and kind in (nn.Linear, nn.Conv2d):
            return self._layer(module, name, layout)
        raise _unknown(f"{name or 'the model'!r}, a {kind.__name__}")

    def tie(self, new: Layout | None, old: Layout | None) -> None:
        """Let units that are added to each other move together; those of the inputs are fixed."""
        new, old = (layout and self.resolved(layout) for layout in (new, old))
        if new == old:
            return
        if new is None or old is None:
            for group, units in new or old or ():
                self.tied |= {group: ((FIXED, units),)} if group != FIXED else {}
        elif len(new) == 1:
            self.tied[new[0][0]] = old
        elif len(old) == 1:
            self.tied[old[0][0]] = new
        else:
            raise _unknown("a sum of units that are grouped in two ways")

    def resolved(self, layout: Layout) -> Layout:
        """The layout in terms of groups that move freely, or are fixed."""
        parts = [
            self.resolved(self.tied[group]) if group in self.tied else ((group, units),)
            for group, units in layout
        ]
        return tuple(block for part in parts for block in part)

    def _layer(self, module: nn.Linear | nn.Conv2d, name: str, layout: Layout | None) -> Layout:
        convolves = isinstance(module, nn.Conv2d)
        if isinstance(module, nn.Conv2d) and module.groups != 1:
            raise _unknown(f"{name!r}, a convolution in groups")
        if layout is not None:
            if self.maps != convolves:
                raise _unknown(f"{name!r}, which does not read the units of the layer before")
            self.axes.append(UnitAxis(_join(name, "weight"), 1, layout))
            self.readers.append(UnitAxis(name, 1, layout))
        self.maps = convolves
        new = self._new(len(module.weight))
        self._note(module, name, new)
        return new

    def _note(self, module: nn.Module, name: str, layout: Layout | None) -> None:
        """The entries of a module with a number, or a row, for each unit of the layout."""
        for entry, parameter in module.named_parameters():
            if entry not in ("weight", "bias"):
                raise _unknown(f"{_join(name, entry)!r}, an entry of another parametrisation")
            if id(parameter) in self.seen:
                raise _unknown(f"{_join(name, entry)!r}, weights that another layer has too")
            self.seen.add(id(parameter))
        if layout is not None:
            entries = [entry for entry, value in module.state_dict().items() if value.ndim]
            self.axes += [UnitAxis(_join(name, entry), 0, layout) for entry in entries]

    def _new(self, units: int) -> Layout:
        self.units.append(units)
        return ((len(self.units) - 1, units),)


def _join(name: str, entry: str) -> str:
    return f"{name}.{entry}" if name else entry


def _units(layout: Layout) -> int:
    return sum(units for _, units in layout)


def _unknown(reason: str) -> InputError:
    return InputError(
        "a network whose hidden units can be told from its modules: nn.Sequential of linear and "
        "convolutional layers, batch normalisation, activations, pooling, Flatten and Residual",
        reason,
        "Write it as one, or permute its units yourself.",
    )
