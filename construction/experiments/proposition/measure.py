"""Proposition 1 of Safran and Shamir (ICML 2016, arXiv 1511.04210), measured.

Let every neuron's weights be independent and spherically symmetric, and the loss the squared one or
cross-entropy. Then condition 2 holds at the initial weights with probability

    P[L(W(0)) > L(0)]  >=  (1/2) (1 - 2^-n),    n the width of the last hidden layer.

The reason (docs/theory/theorem.md) is a pairing of W with its *mirror image*, the last layer
negated: not both lie below L(0), and one lies above it unless the outputs vanish, or tell no class
from another. The uniform initialisations lie outside the statement, as the laws of their neurons
are cubes, and are measured all the same. What is measured is a frequency over independent networks,
with an exact interval: evidence, and no proof.

The networks are stacked, as a loop over narrow ones spends its time on calls: their first layers,
which see the same inputs, are one product, and later layers one batched product.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ...errors import InputError, require_one_of
from ...files.storage import digest_of
from ...forward.ranks import rank_and_size, sharing_errors, summed_over_ranks
from ...loss.catalogue import as_loss
from ...loss.loss import Loss
from ...loss.regression import Squared
from ...record.findings import Findings
from ...training.build import inputs_of
from ...training.recipe import Recipe
from ..stages import Report, Stages
from .settings import Proposition
from .words import stage_line

#: Entries that are in memory together; chosen here: 4 MB, which stay in common processors' caches.
TOGETHER = 2**20
#: Entries that a loss holds of each output, float64 counting twice.
HELD = 10

#: The law of the weights, and its standard deviation, radius or bound of (inputs, outputs): He et
#: al. 2015 (arXiv 1502.01852, 2.2); Krizhevsky et al. 2012 (section 5); each neuron uniform on the
#: sphere of He's mean square; PyTorch's own; Glorot and Bengio 2010 (eq. 16).
INITIALISATIONS: dict[str, tuple[str, Callable[[int, int], float]]] = {
    "he": ("normal", lambda inputs, _: math.sqrt(2 / inputs)),
    "small": ("normal", lambda *_: 0.01),
    "sphere": ("sphere", lambda *_: math.sqrt(2)),
    "default": ("uniform", lambda inputs, _: 1 / math.sqrt(inputs)),
    "xavier": ("uniform", lambda inputs, outputs: math.sqrt(6 / (inputs + outputs))),
}


class Layer(NamedTuple):
    """One layer of many networks: weight (networks, outputs, inputs), bias (networks, outputs)."""

    weight: Tensor
    bias: Tensor


def draw(
    widths: Sequence[int], initialisation: str, networks: int, generator: Generator
) -> list[Layer]:
    """The layers of so many independent random networks; biases are 0, but for PyTorch's own.

    Widths are (inputs, hidden, ..., outputs), at least two; an unknown word is an InputError.

    >>> layers = draw((784, 3, 10), "he", 5, Generator().manual_seed(0))
    >>> [tuple(layer.weight.shape) for layer in layers]
    [(5, 3, 784), (5, 10, 3)]
    """
    require_one_of(INITIALISATIONS, initialisation, "an initialisation")
    law, size_of = INITIALISATIONS[initialisation]
    layers = []
    for inputs, outputs in pairwise(widths):
        size, weight = size_of(inputs, outputs), torch.empty(networks, outputs, inputs)
        bias = torch.zeros(networks, outputs)
        if law == "normal":
            weight.normal_(std=size, generator=generator)
        elif law == "uniform":
            weight.uniform_(-size, size, generator=generator)
        else:
            weight.normal_(generator=generator)
            weight /= weight.norm(dim=2, keepdim=True)  # +-1 to the bit for a single input
            weight *= size
        if initialisation == "default":
            bias.uniform_(-size, size, generator=generator)
        layers.append(Layer(weight, bias))
    return layers


def outputs_of(layers: Sequence[Layer], inputs: Tensor) -> Tensor:
    """Outputs (networks, outputs, samples) of ReLU networks that see the same (samples, inputs)."""
    (weight, bias), *others = layers
    signal = torch.addmm(bias.flatten()[:, None], weight.flatten(0, 1), inputs.T)
    signal = signal.view(*bias.shape, len(inputs))
    for weight, bias in others:
        signal = torch.baddbmm(bias[:, :, None], weight, signal.relu_())
    return signal


def conduct(settings: Proposition, stages: Stages, report: Report) -> Findings:
    """Count for every initialisation and width; each is a stage.

    Returns:
        What `construction.experiments.proposition.words` reads.
    """
    data = inputs_of(Recipe(data=settings.data, samples=settings.per_digit))[:2]
    inputs, classes = data[0][0].numel(), int(data[1].max()) + 1
    names = ("losses", "samples", "networks", "seed", "confidence")
    asked = {name: getattr(settings, name) for name in names}
    counted = []
    for initialisation, width in product(settings.initialisations, settings.widths):
        widths, asked["initialisation"] = (inputs, *settings.before, width, classes), initialisation
        count = partial(count_above, widths, data, **asked)
        counted.append(stages.once(f"{initialisation}-{width}", count))
        report(f"  {stage_line(counted[-1])}")
    shape = [len(settings.initialisations), len(settings.widths), *counted[0]["above"].shape[2:]]
    arrays = {
        name: np.concatenate([one[name] for one in counted]).reshape(shape)
        for name in ("above", "neither")
    }
    return Findings(arrays, counted[0].manifest).described(
        initialisations=list(settings.initialisations),
        widths=[one.manifest["widths"][0] for one in counted[: len(settings.widths)]],
    )


@sharing_errors()
def count_above(
    widths: Sequence[int],
    data: tuple[Tensor, Tensor],
    *,
    initialisation: str = "he",
    losses: Sequence[str] = ("squared", "cross_entropy"),
    samples: Sequence[int] | None = None,
    networks: int = 2000,
    seed: int = 0,
    confidence: float = 0.9999,
) -> Findings:
    """Of independent random ReLU networks, how many have an objective above L(0).

    Each combination of seed, initialisation and widths has a stream of random numbers of its own;
    its networks are the same for every loss and number of samples. Findings are those that
    `construction.experiments.proposition.words` describes, of one initialisation and width.

    Args:
        widths: (inputs, hidden, ..., outputs).
        data: inputs (samples, inputs) and targets.
        samples: on how many of the first samples the objective is taken; on all when None.
        confidence: of each interval; by 0.9999 the 200 of the named run hold together with 98 %.

    Raises:
        InputError: an unknown name, or numbers that make no sense.

    >>> one = torch.ones(1, 1), torch.full((1, 1), 1e6)  # with so far a target the bound is exact
    >>> from construction.experiments.proposition.words import curves
    >>> (curve,) = curves(count_above((1, 2, 1), one, losses=["squared"]))
    >>> curve.bound, curve.verdicts
    (array([0.375]), ['around'])
    """
    inputs, targets = data[0].float().flatten(1), data[1]
    counts = [len(inputs)] if samples is None else list(samples)
    fitting = all(1 <= count <= len(inputs) for count in counts)
    if not (fitting and networks > 0 and 0 < confidence < 1):
        raise InputError(
            f"from 1 to {len(inputs)} samples, at least one network, and a confidence between 0 "
            "and 1",
            f"samples={counts}, networks={networks}, {confidence=}",
            "The named run takes 1 and 200 samples, 2,000 networks and 0.9999.",
        )
    objectives = [(as_loss(name), count) for name, count in product(losses, counts)]
    stream = {"seed": seed, "initialisation": initialisation, "widths": list(widths)}
    generator = Generator().manual_seed(int(digest_of(stream), 16))
    entries = sum(k * (before + len(inputs)) for before, k in pairwise(widths))
    chunk = max(1, TOGETHER // (entries + HELD * widths[-1] * len(inputs)))
    both_counts, (rank, ranks) = torch.zeros(2, len(objectives), dtype=torch.int64), rank_and_size()
    above, neither = both_counts
    for start in range(0, networks, chunk):
        layers = draw(widths, initialisation, min(chunk, networks - start), generator)
        if start // chunk % ranks != rank:  # another process counts these
            continue
        outputs = outputs_of(layers, inputs)
        for k, (loss, count) in enumerate(objectives):
            both = excesses(loss, outputs[..., :count], targets[:count])
            own, mirrored = (excess > 0 for excess in both)
            above[k] += own.sum()
            neither[k] += (~own & ~mirrored).sum()
    above, neither = summed_over_ranks(both_counts)
    shape = (1, 1, len(losses), len(counts))
    counted = {"above": above.numpy().reshape(shape), "neither": neither.numpy().reshape(shape)}
    return Findings(counted).described(
        initialisations=[initialisation],
        widths=[list(widths)],
        losses=list(losses),
        samples=counts,
        networks=networks,
        confidence=confidence,
    )


def excesses(loss: Loss, outputs: Tensor, raw: Tensor) -> tuple[Tensor, Tensor]:
    """Summed ``l(N) - l(0)`` of each network, and that of its mirror image, (networks,) each.

    Of outputs (networks, outputs, samples), and targets (samples, ...).
    """
    networks, _, samples = outputs.shape
    if isinstance(loss, Squared):  # a - 2 b and a + 2 b, the parabola at c = 1 and c = -1
        size = outputs.double().square().sum((1, 2))
        agreement = (outputs * loss.targets(raw, outputs[0].T).T).sum((1, 2))
        return size - 2 * agreement, size + 2 * agreement
    every = outputs.transpose(1, 2).flatten(0, 1)
    targets = loss.targets(raw.repeat(networks, *[1] * (raw.ndim - 1)), every)
    rays, beside = loss.rays(every, targets)
    rays = rays.unflatten(-1, (networks, samples)).movedim(-2, 0)
    one = rays.new_ones(networks)
    own, mirrored = (loss.along(rays, beside[..., :samples], c).excess for c in (one, -one))
    return own, mirrored
