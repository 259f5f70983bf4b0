"""What a loss costs beside the network: cross-entropy by name, and as a function of one's own.

    python -m benchmarks.losses [--lambdas 101] [--repeat 3] [--threads 1]

A GPT on 8,192 tokens and a U-Net on images of 64 x 64, between large random weights and some steps
of training. "Everything" is `construct` and the scale at all lambdas; a ray is the outputs at one
lambda, evaluated at one scale. Medians, and half the spread of the middle half.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, relu, scaled_dot_product_attention

from construction import Line, construct
from construction.loss.catalogue import LossLike, as_loss
from construction.network.heads import find_head, scale_head
from construction.network.states import State

from . import Data, head, in_turn, milliseconds, parser, plain, row

#: Of the GPT; of the U-Net the channels.
WIDTH, VOCABULARY, CHANNELS, CLASSES = 128, 512, 32, 3


class Block(nn.Module):
    """Causal attention and a layer behind it, each added."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend, self.joined = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 512), nn.GELU(), nn.Linear(512, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """(samples, tokens, width), as before."""
        parts = self.attend(self.first(x)).unflatten(2, (3, 4, -1)).movedim(2, 0).transpose(2, 3)
        attended = scaled_dot_product_attention(*parts, is_causal=True)
        x = x + self.joined(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.second(x))


def gpt() -> nn.Module:
    """Four blocks, without positions."""
    blocks = (Block() for _ in range(4))
    first, last = nn.Embedding(VOCABULARY, WIDTH), nn.Linear(WIDTH, VOCABULARY)
    return nn.Sequential(first, *blocks, nn.LayerNorm(WIDTH), last)


class UNet(nn.Module):
    """A class a pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, CHANNELS, 3, padding=1)
        self.down = nn.Conv2d(CHANNELS, 2 * CHANNELS, 3, 2, 1)
        self.inner = nn.Conv2d(2 * CHANNELS, 2 * CHANNELS, 3, padding=1)
        self.up = nn.ConvTranspose2d(2 * CHANNELS, CHANNELS, 2, 2)
        self.last = nn.Conv2d(2 * CHANNELS, CHANNELS, 3, padding=1)
        self.head = nn.Conv2d(CHANNELS, CLASSES, 1)

    def forward(self, images: Tensor) -> Tensor:
        """(samples, 3, rows, columns) -> (samples, classes, rows, columns)."""
        outer = relu(self.first(images))
        inner = relu(self.up(relu(self.inner(relu(self.down(outer))))))
        return self.head(relu(self.last(torch.cat([outer, inner], 1))))


def own(axis: int, predictions: Tensor, targets: Tensor) -> Tensor:
    """A sample's mean over its tokens, or pixels, as a user writes it."""
    return cross_entropy(predictions.movedim(axis, 1), targets, reduction="none").flatten(1).mean(1)


def ends(model: nn.Module, data: Data, axis: int) -> tuple[State, State]:
    """Weights with a large head, and what a few steps of training make of them."""
    own = {name: value.clone() for name, value in model.state_dict().items()}
    start = scale_head(own, find_head(model, data[0][:2]), 6.0)
    model.load_state_dict(start)
    adam = torch.optim.Adam(model.parameters(), 3e-3)
    for k in range(32):
        inputs, labels = (part[k % 4 :: 4] for part in data)
        adam.zero_grad()
        cross_entropy(model(inputs).movedim(axis, 1), labels).backward()
        adam.step()
    return start, model.state_dict()


def once(model: nn.Module, line: Line, data: Data, loss: LossLike, points: int) -> None:
    """Everything from the model to the scale at all lambdas."""
    _ = construct(model, line, data, loss=loss, points=points, profile="valley").scale


def ray(outputs: Tensor, labels: Tensor, loss: LossLike) -> Callable[[], object]:
    """What a loss takes of the outputs of two samples, which stay in cache, at one scale."""
    convex, scale = as_loss(loss), torch.ones(1, dtype=torch.float64)
    rays, beside = convex.rays(outputs[:2], convex.targets(labels[:2], outputs[:2]))
    return partial(convex.along, rays[None], beside, scale)


def main() -> None:
    """Print the table."""
    options = parser(__doc__, lambdas=101, repeat=3, threads=1).parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    tokens, images = torch.randint(VOCABULARY, (64, 129)), torch.randn(32, 3, 64, 64)
    pixels = (images.mean(1) > 0).long() + (images[:, 0] > 1)
    problems: tuple[tuple[str, nn.Module, Data, int], ...] = (
        ("GPT", gpt(), (tokens[:, :-1], tokens[:, 1:]), -1),
        ("U-Net", UNet(), (images, pixels), 1),
    )
    head("network", "loss", "a forward pass, ms", "everything, passes a lambda", "a ray / named")
    for name, model, data, axis in problems:
        line = Line(*ends(model.train(), data, axis))
        with torch.no_grad():
            outputs = model.eval()(data[0])
        named = 0.0
        for loss in ("cross_entropy", partial(own, axis)):
            alone = ray(outputs, data[1], loss)
            alone()
            each, _ = in_turn({"ray": alone}, 20 * options.repeat)["ray"]
            named = named or each
            one = partial(plain, model, data[0], 8)
            everything = partial(once, model, line, data, loss, options.lambdas)
            times = in_turn({"pass": one, "everything": everything}, options.repeat)
            passes = times["everything"][0] / options.lambdas / times["pass"][0]
            cells = milliseconds(*times["pass"]), f"{passes:.2f}", f"{each / named:.2f}"
            row(name, as_loss(loss).name, *cells)


if __name__ == "__main__":
    main()
