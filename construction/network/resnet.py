"""The residual networks for small images of He et al. 2015 (arXiv 1512.03385, section 4.2)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ..errors import InputError
from .architectures import Initialisation
from .networks import initialised, seeded


class Residual(nn.Module):
    """``body(x) + shortcut(x)``; the ReLU that follows is a layer of its own.

    Args:
        body: any module.
        shortcut: `nn.Identity`, a `PaddedShortcut`, or anything else of the body's output shape.

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

    It has no parameters and copies numbers without rounding.

    Args:
        channels: of the output, at least those of the input.
        stride: in both directions.

    >>> PaddedShortcut(3, 2)(torch.ones(1, 2, 4, 4)).sum(dim=(0, 2, 3)).tolist()
    [4.0, 4.0, 0.0]
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """(samples, channels, height, width), fewer pixels and more channels."""
        kept = x[:, :, :: self.stride, :: self.stride]
        return pad(kept, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


def resnet(
    depth: int = 20,
    *,
    channels: int = 3,
    classes: int = 10,
    width: int = 16,
    shortcuts: bool = True,
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
        classes: outputs.
        width: channels of the first stage; 16 in the paper.
        shortcuts: whether each block adds its input, or is the plain network of the paper.
        batch_norm: whether each convolution is normalised.
        initialisation, seed: see `construction.network.networks.mlp`.

    Raises:
        InputError: another depth, or an unknown initialisation.

    >>> resnet(8, width=2)(torch.zeros(5, 3, 32, 32)).shape
    torch.Size([5, 10])
    """
    if depth < 8 or depth % 6 != 2:
        raise InputError("a depth of 6 n + 2, n = 1, 2, ...", f"{depth}", "20 and 56 are common.")
    blocks = (depth - 2) // 2
    scaled = shortcuts and not batch_norm and initialisation == "he"

    def convolution(outputs: int, stride: int = 1, factor: float = 1.0) -> list[nn.Module]:
        """Of 3 x 3, normalised or with a bias."""
        layer = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=not batch_norm)
        with torch.no_grad():
            initialised(layer, initialisation).weight.mul_(factor)
        return [layer, nn.BatchNorm2d(outputs)] if batch_norm else [layer]

    with seeded(seed):
        inputs = channels
        layers = [*convolution(width), nn.ReLU()]
        inputs = width
        for k in range(blocks):
            stage, position = divmod(k, blocks // 3)
            outputs, stride = width * 2**stage, 2 if stage and not position else 1
            same = stride == 1 and inputs == outputs
            shortcut = nn.Identity() if same else PaddedShortcut(outputs, stride)
            body = [*convolution(outputs, stride), nn.ReLU()]
            inputs = outputs
            body += convolution(outputs, factor=blocks**-0.5 if scaled else 1.0)
            layers += [Residual(nn.Sequential(*body), shortcut)] if shortcuts else body
            layers.append(nn.ReLU())
        head = initialised(nn.Linear(inputs, classes), initialisation)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
