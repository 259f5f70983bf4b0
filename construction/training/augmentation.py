"""Images moved and mirrored at random, as they are for training on small photographs."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

#: Pixels by which an image is moved at most.
SHIFT = 4


def moved(images: Tensor, generator: Generator) -> Tensor:
    """Each image cut at random from itself with a border of zeros, and mirrored or not.

    As in He et al. 2015 (arXiv 1512.03385, section 4.2): 4 pixels on each side.

    Args:
        images: (samples, channels, rows, columns), standardised, so that zeros are the mean.
        generator: of the CPU.

    >>> moved(torch.ones(3, 1, 8, 8), torch.Generator().manual_seed(0)).shape
    torch.Size([3, 1, 8, 8])
    """
    count, _, rows, columns = images.shape
    down, right = torch.randint(2 * SHIFT + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    across = torch.arange(columns).expand(count, -1)
    across = right + torch.where(mirrored, across.flip(1), across)
    along = down + torch.arange(rows)
    bordered = pad(images, (SHIFT, SHIFT, SHIFT, SHIFT))
    place = torch.arange(count)[:, None, None], along[:, :, None], across[:, None, :]
    sample, row, column = (index.to(images.device) for index in place)
    return bordered[sample, :, row, column].movedim(3, 1)
