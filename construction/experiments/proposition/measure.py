"""Conducts the studies of Proposition 1, over widths and initialisations.

The module `probability` measures one width and initialisation; a study has a stage for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ...data import balanced_subset, load, standardised
from ..stages import Report, Stages
from .counted import Probability
from .probability import probability
from .settings import Proposition
from .study import Study
from .words import caption


def conduct(settings: Proposition, stages: Stages, report: Report) -> Study:
    """Measure every width and initialisation; each is a stage.

    Args:
        settings: what to measure.
        stages: what is finished.
        report: receives a line a stage, and one a curve.
    """
    data = digits(settings)
    measured: list[Probability] = []
    for initialisation in settings.initialisations:
        for width in settings.widths:
            measure = partial(_stage, settings, data, initialisation, width)
            stage = stages.once_of(Study, f"{initialisation}-{width}", measure)
            report(_told(stage.measured))
            measured += stage.measured
    study = Study(tuple(measured))
    for asked in study.curves:
        report(_summary(study.curve(*asked)))
    return study.described(caption=caption(study))


def digits(settings: Proposition) -> tuple[Tensor, Tensor]:
    """The first images of each digit, flattened, and their labels.

    Raises:
        DataError: see `construction.data.load`.
    """
    some = balanced_subset(load(settings.data), settings.per_digit, 1)
    images = torch.from_numpy(standardised(some.train_images, some.mean, some.std)).flatten(1)
    return images, torch.from_numpy(some.train_labels.astype(np.int64))


def _stage(
    settings: Proposition, data: tuple[Tensor, Tensor], initialisation: str, width: int
) -> Study:
    classes = int(data[1].max()) + 1
    measured = probability(
        (data[0].shape[1], *settings.before, width, classes),
        data,
        initialisation=initialisation,
        losses=settings.losses,
        samples=settings.samples,
        networks=settings.networks,
        seed=settings.seed,
        confidence=settings.confidence,
    )
    return Study(tuple(measured))


def _told(stage: Sequence[Probability]) -> str:
    """One line of one width and initialisation; m is the number of samples."""
    first = stage[0]
    found = "; ".join(
        "{}, m = {}: {:.3f} [{:.3f}, {:.3f}]".format(
            one.loss, one.samples, one.value, *one.interval
        )
        for one in stage
    )
    return f"  {first.initialisation}, n = {first.width}, bound {first.bound:.3f}: {found}"


def _summary(curve: Sequence[Probability]) -> str:
    """One line of one curve: where its intervals lie, and the width nearest to the bound."""
    nearest = min(curve, key=lambda one: one.value - one.bound)
    verdicts = [one.verdict for one in curve]
    counts = ", ".join(
        f"{word} the bound at {verdicts.count(word)}"
        for word in ("above", "around", "below")
        if word in verdicts
    )
    outside = "" if nearest.covered else " (outside the proposition)"
    return (
        f"  {nearest.initialisation}, {nearest.loss}, m = {nearest.samples}{outside}: {counts} "
        f"of {len(curve)} widths; nearest at n = {nearest.width}, {nearest.value:.3f} "
        "[{:.3f}, {:.3f}] beside {:.3f}".format(*nearest.interval, nearest.bound)
    )
