"""The architectures that a recipe can name; `construction.training.build` builds them.

Each takes images as `construction.training.build.inputs_of` gives them and ends in a linear
layer.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Activation = Literal["relu", "sigmoid", "tanh", "maxout", "none"]
#: See `construction.network.networks.resnet`.
Shortcuts = bool | Literal["centred", "convolutions"]


@dataclass(frozen=True)
class MLP:
    """A fully connected network; attributes are those of `construction.network.networks.mlp`."""

    widths: tuple[int, ...] = (784, 512, 512, 10)
    activation: Activation = "relu"
    batch_norm: bool = False
    name: str = field(default="mlp", init=False)

    @property
    def label(self) -> str:
        """For titles and tables.

        >>> MLP((784, 64, 10), "sigmoid").label, MLP((784, *[256] * 9, 10), batch_norm=True).label
        ('sigmoid MLP 784-64-10', 'MLP 784-256x9-10 with batch norm')
        """
        kind = {"relu": "MLP", "none": "linear network"}.get(
            self.activation, f"{self.activation} MLP"
        )
        first, *hidden, last = self.widths
        alike = len(hidden) > 3 and len(set(hidden)) == 1
        between = [f"{hidden[0]}x{len(hidden)}"] if alike else list(map(str, hidden))
        norm = " with batch norm" if self.batch_norm else ""
        return f"{kind} {'-'.join([str(first), *between, str(last)])}{norm}"


@dataclass(frozen=True)
class LeNet:
    """LeNet-5; attributes are those of `construction.network.networks.lenet`, outputs classes."""

    channels: int = 1
    size: int = 28
    outputs: int = 10
    widths: tuple[int, ...] = (6, 16, 120, 84)
    name: str = field(default="lenet", init=False)
    label: ClassVar[str] = "LeNet-5"


@dataclass(frozen=True)
class LSTM:
    """Reads rows of an image; attributes are those of `construction.network.networks.lstm`."""

    inputs: int = 28
    hidden: int = 128
    outputs: int = 10
    name: str = field(default="lstm", init=False)

    @property
    def label(self) -> str:
        """For titles and tables.

        >>> LSTM().label
        'LSTM of 128 units'
        """
        return f"LSTM of {self.hidden} units"


@dataclass(frozen=True)
class ResNet:
    """Residual, of small images; attributes are those of `construction.network.networks.resnet`."""

    depth: int = 20
    width: int = 16
    shortcuts: Shortcuts = True
    batch_norm: bool = True
    channels: int = 3
    outputs: int = 10
    name: str = field(default="resnet", init=False)

    @property
    def label(self) -> str:
        """For titles and tables.

        >>> ResNet(56, shortcuts=False).label
        'ResNet-56 without shortcuts'
        """
        wide = "" if self.width == 16 else f" of width {self.width}"
        parts = {"shortcuts": self.shortcuts, "batch norm": self.batch_norm}
        missing = " and ".join(word for word, there in parts.items() if not there)
        without = f" without {missing}" if missing else ""
        return f"ResNet-{self.depth}{wide}{without}"


Architecture = MLP | LeNet | LSTM | ResNet
Initialisation = Literal["he", "xavier", "default"]
