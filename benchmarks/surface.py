"""A surface of Li's kind, against loss-landscapes and a plain loop over its points.

    python -m benchmarks.surface [--points 15] [--repeat 3] [--threads 1]

All three take the mean cross-entropy, in float32, at points x points weights on a plane of two
filter-normalised directions, and take turns; ours is `surface` whole. Each time is a point's, the
last column in plain forward passes. Medians, and half the spread of the middle half.
"""

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from construction import surface
from construction.experiments.landscape.directions import parameters_of, random_direction
from construction.network.networks import resnet

from . import Data, data_of, head, in_turn, milliseconds, parser, plain, row
from .forward import cnn, dense

NETWORKS = (
    ("MLP 784-512-512-10, 5,000 samples", dense(784, 512, 512, 10), "digits"),
    ("CNN 32-32-64-64, 400 samples", cnn, "colour"),
    ("ResNet-20, 400 samples", lambda seed: resnet(20, seed=seed), "colour"),
)


def loop(model: nn.Module, data: Data, points: int) -> list[float]:
    """Each point's weights added up, then a forward pass."""
    weights = model.state_dict()
    own = parameters_of(model, weights)
    first, second = (random_direction(own, seed, "filter") for seed in (0, 1))
    steps, found = torch.linspace(-1, 1, points).tolist(), []
    with torch.no_grad():
        for t in steps:
            for s in steps:
                there = {name: own[name] + s * first[name] + t * second[name] for name in own}
                outputs: Any = functional_call(model, {**weights, **there}, (data[0],))
                found.append(float(cross_entropy(outputs, data[1])))
    return found


def rival(model: nn.Module, data: Data, points: int) -> object:
    """As its documentation says."""
    from loss_landscapes import random_plane

    def metric(wrapped: Any) -> float:
        with torch.no_grad():
            return float(cross_entropy(wrapped.forward(data[0]), data[1]))

    return random_plane(model, metric, steps=points, normalization="filter", deepcopy_model=True)


def main() -> None:
    """Print the table."""
    options = parser(__doc__, points=15, repeat=3, threads=1).parse_args()
    torch.set_num_threads(options.threads)
    points = options.points
    head("network", "ours, ms a point", "loop / ours", "loss-landscapes / ours", "plain passes")
    for name, build, inputs in NETWORKS:
        model, data = build(0).eval(), data_of(inputs)
        for value in model.parameters():
            if not value.any():  # loss-landscapes divides by the norms of biases
                nn.init.normal_(value, std=0.01)
        weights = copy.deepcopy(model.state_dict())
        own: dict[str, Any] = {"loss": "cross_entropy", "points": points, "metrics": {}}
        own["batch_norm"] = "interpolate"
        methods: dict[str, Callable[[], object]] = {
            "ours": partial(surface, model, weights, data, **own),
            "loop": partial(loop, model, data, points),
            "theirs": partial(rival, model, data, points),
            "plain": partial(plain, model, data[0], len(data[0])),
        }
        times = in_turn(methods, options.repeat)
        ours, spread, slow, theirs = (
            seconds / points**2
            for seconds in (*times["ours"], times["loop"][0], times["theirs"][0])
        )
        once, _ = times["plain"]
        ratios = slow / ours, theirs / ours, ours / once
        row(name, milliseconds(ours, spread), *(f"{ratio:.2f}" for ratio in ratios))


if __name__ == "__main__":
    main()
