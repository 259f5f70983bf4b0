"""The kinds of runs, and the named runs of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..errors import InputError
from . import (
    generalisation,
    imagenet,
    interpolation,
    landscape,
    path,
    plateau,
    proposition,
    sweep,
    trajectory,
)
from .kind import Settings


class Kind(NamedTuple):
    """A kind of run; the modules are imported when they are needed, torch with some of them.

    Attributes:
        settings: its class.
        runs: its named runs.
        conducted_by: module of the package with ``conduct(settings, stages, report)``.
        result: module and class of what that returns, read without torch.
        drawn_by: module with ``draw(result, *, theme, width) -> Figure``, or that which draws a
            route of a record; None where there is no figure.
    """

    settings: type[Settings]
    runs: Mapping[str, Settings]
    conducted_by: str
    result: str = "record.findings:Findings"
    drawn_by: str | None = None


#: In the order in which `list` shows them.
KINDS = (
    Kind(path.Experiment, path.RUNS, "running.routes", "record.record:Record", "figure.draw"),
    Kind(
        proposition.Proposition,
        proposition.RUNS,
        "measured.proposition",
        "record.study:Study",
        "figure.proposition",
    ),
    Kind(
        interpolation.Interpolation,
        interpolation.RUNS,
        "measured.interpolation",
        drawn_by="figure.interpolation",
    ),
    Kind(
        trajectory.Trajectory,
        trajectory.RUNS,
        "measured.trajectory",
        drawn_by="figure.trajectory",
    ),
    Kind(landscape.Landscape, landscape.RUNS, "measured.landscape", drawn_by="figure.landscape"),
    Kind(plateau.Plateau, plateau.RUNS, "measured.plateau", drawn_by="figure.plateau"),
    Kind(imagenet.ImageNet, imagenet.RUNS, "measured.imagenet", drawn_by="figure.plateau"),
    Kind(sweep.Sweep, sweep.RUNS, "measured.sweep", drawn_by="figure.sweep"),
    Kind(
        generalisation.Generalisation,
        generalisation.RUNS,
        "measured.generalisation",
        drawn_by="figure.generalisation",
    ),
)

EXPERIMENTS: dict[str, Settings] = {
    name: settings for kind in KINDS for name, settings in kind.runs.items()
}


def named(name: str) -> Settings:
    """The settings of a named run.

    Raises:
        InputError: no run of that name.
    """
    if name not in EXPERIMENTS:
        raise InputError(
            f"the name of a run among {', '.join(map(repr, EXPERIMENTS))}",
            repr(name),
            "`python -m construction list` shows them.",
        )
    return EXPERIMENTS[name]


def kind_of(settings: Settings) -> Kind:
    """The entry of these settings' own class.

    >>> kind_of(named("mnist-mlp")).conducted_by
    'running.routes'
    """
    return next(kind for kind in KINDS if kind.settings is type(settings))
