"""What the settings of `architectures` build, with activations and initialisations.

All are an `nn.Sequential` of PyTorch's layers that ends in a linear head.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ..errors import InputError, door, require_one_of, require_points
from .architectures import Activation, Initialisation, Shortcuts

Weighted = TypeVar("Weighted", nn.Linear, nn.Conv2d)

#: Linear functions of which a maxout unit takes the largest; the fewest, chosen here.
PIECES = 2


class Maxout(nn.Module):
    """The largest of each unit's `PIECES` (Goodfellow et al. 2013, arXiv 1302.4389, section 2).

    >>> Maxout()(torch.tensor([[1.0, 3.0, -2.0, -5.0]])).tolist()
    [[3.0, -2.0]]
    """

    def forward(self, x: Tensor) -> Tensor:
        """(samples, units times pieces) -> (samples, units), a unit's pieces side by side."""
        largest: Tensor = x.unflatten(1, (-1, PIECES)).max(2).values
        return largest


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "maxout": Maxout,
}


@door()
def mlp(
    widths: Sequence[int],
    *,
    activation: Activation = "relu",
    batch_norm: bool = False,
    initialisation: Initialisation = "he",
    seed: int = 0,
) -> nn.Sequential:
    """A fully connected network on flattened inputs.

    Args:
        widths: (inputs, hidden, ..., outputs), at least the first and the last.
        activation: after every layer but the last: "relu", "sigmoid", "tanh", "maxout" of `PIECES`
            pieces, or "none" for a deep linear network.
        batch_norm: whether batch normalisation stands between every layer but the last, which then
            has no bias, and its activation.
        initialisation: "he": every weight normal with variance 2 / inputs of its layer, the last
            layer too, and biases 0 (He et al. 2015, arXiv 1502.01852, section 2.2); for inputs of
            mean square 1 then L(W(0)) is near 2 k + L(0), so condition 2 holds. "xavier": uniform
            with variance 2 / (inputs + outputs), biases 0 (Glorot and Bengio 2010, equation 16).
            "default": PyTorch's own, uniform in +- 1 / sqrt(inputs of the layer).
        seed: seeds this network alone; the global random state is left as it was.

    Raises:
        InputError: fewer than two widths, one below 1, or an unknown word.

    >>> network = mlp((784, 64, 10), seed=3)
    >>> network(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    """
    require_points(len(widths), 2, "Give inputs and outputs.", "widths")
    for width in widths:
        require_points(width, 1, "Give each layer its width.", "units")
    require_one_of((*ACTIVATIONS, "none"), activation, "an activation")
    pieces = PIECES if activation == "maxout" else 1
    *hidden, head = pairwise(widths)
    with seeded(seed):
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, units in hidden:
            layer = nn.Linear(inputs, units * pieces, bias=not batch_norm)
            layers.append(initialised(layer, initialisation))
            if batch_norm:
                layers.append(nn.BatchNorm1d(units * pieces))
            if activation != "none":
                layers.append(ACTIVATIONS[activation]())
        layers.append(initialised(nn.Linear(*head), initialisation))
    return nn.Sequential(*layers)


def lenet(
    channels: int = 1,
    size: int = 28,
    outputs: int = 10,
    *,
    widths: Sequence[int] = (6, 16, 120, 84),
    initialisation: Initialisation = "he",
    seed: int = 0,
) -> nn.Sequential:
    """LeNet-5: two 5 x 5 convolutions, each halved by pooling, and three fully connected layers.

    After LeCun et al. 1998 (Proc. IEEE 86, section II.B), with what has become usual since: ReLU
    for the scaled tanh, max pooling, every map of the second convolution connected to
    all of the first, a linear head for the radial basis functions. The first convolution pads by 2,
    as the paper pads its digits from 28 to 32. 61,706 parameters as it stands.

    Args:
        channels, size: inputs are (samples, channels, size, size); grey digits as (samples, size,
            size) need a dimension more, `images[:, None]`.
        outputs: classes.
        widths: maps of the two convolutions and units of the two hidden layers.
        initialisation, seed: see `mlp`; the inputs of a convolution are those of one output.

    Raises:
        InputError: images below 12 x 12, other than four widths, or an unknown word.

    >>> lenet(channels=3, size=32)(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 10])
    """
    if size < 12:
        raise InputError("images of at least 12 x 12", f"size {size}", "Use an mlp for them.")
    if len(widths) != 4:
        raise InputError(
            "four widths, of two convolutions and two layers", f"{tuple(widths)}", "Give four."
        )
    side = (size // 2 - 4) // 2
    first, second, third, fourth = widths
    with seeded(seed):
        return nn.Sequential(
            initialised(nn.Conv2d(channels, first, 5, padding=2), initialisation),
            nn.ReLU(),
            nn.MaxPool2d(2),
            initialised(nn.Conv2d(first, second, 5), initialisation),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            initialised(nn.Linear(second * side * side, third), initialisation),
            nn.ReLU(),
            initialised(nn.Linear(third, fourth), initialisation),
            nn.ReLU(),
            initialised(nn.Linear(fourth, outputs), initialisation),
        )


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Random numbers of the CPU from this seed; the global random state comes back afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # not the generators of other devices
        yield


def initialised(layer: Weighted, initialisation: Initialisation) -> Weighted:
    """The layer with the weights of "he" or "xavier", or as PyTorch made it: see `mlp`."""
    require_one_of(("he", "xavier", "default"), initialisation, "an initialisation")
    if initialisation == "he":
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    elif initialisation == "xavier":
        nn.init.xavier_uniform_(layer.weight)
    if initialisation != "default" and layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


class LastState(nn.Module):
    """An LSTM layer, of so many units, of which the last hidden state alone is passed on."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """(samples, steps, inputs) -> (samples, hidden)."""
        last: Tensor = self.lstm(x)[0][:, -1]
        return last


def lstm(
    inputs: int = 28,
    hidden: int = 128,
    outputs: int = 10,
    *,
    initialisation: Initialisation = "he",
    seed: int = 0,
) -> nn.Sequential:
    """A long short-term memory over the rows of an image, with a linear head on its last state.

    Hochreiter and Schmidhuber 1997 (Neural Computation 9), with the forget gate of Gers et al. 2000
    as in PyTorch; the recurrent weights start as PyTorch makes them, uniform in
    +- 1 / sqrt(hidden). Its one linear layer is the head, whose `initialisation` is asked for, as
    for `mlp`; `inputs` are the numbers a row: columns, times channels.

    Raises:
        InputError: an unknown initialisation.

    >>> lstm()(torch.zeros(5, 28, 28)).shape
    torch.Size([5, 10])
    """
    with seeded(seed):
        head = nn.Linear(hidden, outputs)
        return nn.Sequential(LastState(inputs, hidden), initialised(head, initialisation))


class Residual(nn.Module):
    """``body(x) + shortcut(x)``, both of one shape; the ReLU that follows is a layer of its own.

    >>> Residual(nn.ReLU(), nn.Identity())(torch.tensor([-1.0, 2.0])).tolist()
    [-1.0, 4.0]
    """

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        """The sum."""
        total: Tensor = self.body(x) + self.shortcut(x)
        return total


class PaddedShortcut(nn.Module):
    """The paper's option A: every stride-th pixel, and channels of zeros behind those of the input.

    It has no parameters and copies numbers without rounding; the output's channels are at least
    those of the input.

    >>> PaddedShortcut(3, 2)(torch.ones(1, 2, 4, 4)).sum(dim=(0, 2, 3)).tolist()
    [4.0, 4.0, 0.0]
    """

    #: The share of the zeros that stands before the input's channels.
    before = 0.0

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """(samples, channels, height, width), fewer pixels and more channels."""
        kept = x[:, :, :: self.stride, :: self.stride]
        zeros = self.channels - x.shape[1]
        before = int(zeros * self.before)
        return pad(kept, (0, 0, 0, 0, before, zeros - before))


class CentredShortcut(PaddedShortcut):
    """As some published networks have it: half of the zeros before the input's channels."""

    before = 0.5


def resnet(
    depth: int = 20,
    *,
    channels: int = 3,
    outputs: int = 10,
    width: int = 16,
    shortcuts: Shortcuts = True,
    batch_norm: bool = True,
    initialisation: Initialisation = "he",
    seed: int = 0,
) -> nn.Sequential:
    """A ResNet of 6 n + 2 layers: three stages of n blocks of two 3 x 3 convolutions.

    The second and third stage halve the image and double the channels; their first shortcuts are of
    option A, as in the paper's own experiments on CIFAR-10. ResNet-20 has 0.27 million parameters
    and ResNet-56 0.85, as published (table 6). Any image size will do, as the pooling before the
    head averages over what is left of it.

    Without batch normalisation the convolutions have biases, and with "he" the last convolution of
    each block with a shortcut starts scaled by ``blocks^(-1/2)``: a block then multiplies the mean
    square of the activations by about ``1 + 2/blocks`` at most, all of them by about e^2, where it
    would grow exponentially with their number (Hanin and Rolnick 2018, arXiv 1803.01719, who bound
    the sum of such factors; the exponent is that of Zhang et al. 2019, arXiv 1901.09321, section
    3). With batch normalisation that growth does occur where the running statistics of a network
    that was never trained, mean 0 and variance 1, are used.

    Args:
        depth: 6 n + 2: 20, 32, 44, 56, 110 in the paper; 8 is the smallest.
        channels: of the images, (samples, channels, height, width).
        outputs: classes.
        width: channels of the first stage; 16 in the paper.
        shortcuts: whether each block adds its input, or is the plain network of the paper. Where
            the channels double, "centred" has half of option A's zeros before the input's, and
            "convolutions" is option B, 1 x 1 and normalised as the others are.
        batch_norm: whether each convolution is normalised.
        initialisation, seed: see `construction.network.networks.mlp`.

    Raises:
        InputError: another depth, or an unknown word.

    >>> resnet(8, width=2)(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 10])
    """
    if depth < 8 or depth % 6 != 2:
        raise InputError("a depth of 6 n + 2, n = 1, 2, ...", f"{depth}", "20 and 56 are common.")
    if isinstance(shortcuts, str):
        require_one_of(("centred", "convolutions"), shortcuts, "shortcuts True, False, or one")
    blocks = (depth - 2) // 2
    scaled = bool(shortcuts) and not batch_norm and initialisation == "he"

    def convolution(
        maps: int, stride: int = 1, factor: float = 1, size: int = 3
    ) -> list[nn.Module]:
        """Of 3 x 3 or another size, normalised or with a bias."""
        layer = nn.Conv2d(before, maps, size, stride, padding=size // 2, bias=not batch_norm)
        with torch.no_grad():
            initialised(layer, initialisation).weight.mul_(factor)
        return [layer, nn.BatchNorm2d(maps)] if batch_norm else [layer]

    with seeded(seed):
        before = channels
        layers = [*convolution(width), nn.ReLU()]
        before = width
        for k in range(blocks):
            stage, position = divmod(k, blocks // 3)
            maps, stride = width * 2**stage, 2 if stage and not position else 1
            shortcut: nn.Module = nn.Identity()
            if stride > 1 and shortcuts == "convolutions":
                shortcut = nn.Sequential(*convolution(maps, stride, size=1))
            elif stride > 1:
                padded = CentredShortcut if shortcuts == "centred" else PaddedShortcut
                shortcut = padded(maps, stride)
            body = [*convolution(maps, stride), nn.ReLU()]
            before = maps
            body += convolution(maps, factor=blocks**-0.5 if scaled else 1.0)
            layers += [Residual(nn.Sequential(*body), shortcut)] if shortcuts else body
            layers.append(nn.ReLU())
        head = initialised(nn.Linear(before, outputs), initialisation)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
