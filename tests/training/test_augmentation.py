"""Images moved and mirrored at random are pieces of themselves."""

import torch
from torch import Generator

from construction.training.augmentation import SHIFT, moved

IMAGES = torch.arange(1.0, 1 + 40 * 2 * 5 * 6).reshape(40, 2, 5, 6)


def all_pieces(image: torch.Tensor) -> list[torch.Tensor]:
    """Every piece of the image with its border, each also mirrored."""
    bordered = torch.zeros(2, 5 + 2 * SHIFT, 6 + 2 * SHIFT)
    bordered[:, SHIFT:-SHIFT, SHIFT:-SHIFT] = image
    places = range(2 * SHIFT + 1)
    pieces = [bordered[:, i : i + 5, j : j + 6] for i in places for j in places]
    return [piece for one in pieces for piece in (one, one.flip(2))]


def test_every_image_is_a_piece_of_itself_with_a_border_mirrored_or_not():
    found = moved(IMAGES, Generator().manual_seed(0))
    assert found.shape == IMAGES.shape
    for image, piece in zip(IMAGES, found, strict=True):
        assert any(torch.equal(piece, one) for one in all_pieces(image))
    assert len({tuple(piece.flatten().gt(0).tolist()) for piece in found}) > 20


def test_half_the_images_are_mirrored_and_every_shift_occurs():
    line = torch.arange(1.0, 40).expand(2000, 1, 39, 39).contiguous()
    found = moved(line, Generator().manual_seed(1))
    rises = (found[:, 0, 19, 20] > found[:, 0, 19, 19]).float().mean()
    assert abs(rises - 0.5) < 0.05
    middles = found[:, 0, 19, 19]
    assert set(middles.tolist()) == {float(20 + k) for k in range(-SHIFT, SHIFT + 1)}


def test_the_generator_alone_decides():
    torch.manual_seed(3)
    first, again = (moved(IMAGES, Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(first, again)
    generator = Generator().manual_seed(2)
    assert not torch.equal(moved(IMAGES, generator), moved(IMAGES, generator))
