"""Results and records that the explorer is tested with."""

from dataclasses import replace
from functools import cache

import numpy as np
from scipy.special import logsumexp

from construction.answers import Condition, Conditions
from construction.record.record import Record, joined
from construction.record.route import Journey, Route
from construction.record.sample import Sample, Units
from construction.sheet.moments import SquaredSheet
from construction.sheet.sheet import RecordedSheet
from construction.sheet.table import Table, even_scales
from construction.solve.phases import Phase
from construction.theorem.construct import construct, with_profile
from construction.theorem.monotone import MonotonePath

from ..problems import classified, trained

PROFILES = ("even", "paper", "valley")


@cache
def results(loss: str) -> dict[str, MonotonePath]:
    """Of a small network, by profile: all on one sheet."""
    problem = trained() if loss == "squared" else classified()
    first = construct(*problem, loss=loss, profile="valley", points=101)
    return {name: with_profile(first, name) for name in PROFILES}


def recorded(loss: str) -> Record:
    """All of them, with a sample of four."""
    problem = trained() if loss == "squared" else classified()
    sample = tuple(part[:4] for part in problem.data)
    return joined([one.record(sample=sample) for one in results(loss).values()])


def without_table(record: Record) -> Record:
    """As records before 0.4 are, which have no sample either."""
    routes = [replace(x, sheet=replace(x.sheet, table=None), sample=None) for x in record.routes]
    return Record(tuple(routes), record.manifest)


def large(loss: str) -> Record:
    """A record as the package's own runs have it, with 401 lambdas and eight digits.

    Two routes with a parabola, or one with a table. All but the table is noise, which packs worse
    than anything real; the table is that of 100 samples of random outputs.
    """
    rng = np.random.default_rng(0)
    names = ("condition 1", "condition 2", "final objective", "sheet barrier")
    holds = [Condition(name, 2.0, 1.0, 1.0, 0.0, "checked at 1 point", "a > b") for name in names]
    lam = np.linspace(0, 1, 401)
    images = rng.integers(0, 256, (8, 28, 28), np.uint8) * (rng.random((8, 28, 28)) < 0.25)
    units = Units(1, np.zeros(1, int), np.zeros((2, 8, 1)), None)
    routes = []
    for name in ("line", "detour") if loss == "squared" else ("line",):
        curves, sheet = rng.random((5, 401)), None
        if loss == "squared":
            sheet = SquaredSheet(lam, 1 + curves[0], curves[1], 1.0)
        else:
            sheet = RecordedSheet(lam, np.log(10), *curves, table=table_of_noise(rng, lam[::4]))
        sample = Sample(
            held_out=True,
            images=images.astype(np.uint8),
            targets=np.eye(10)[:8],
            lam=lam[::4],
            outputs=rng.normal(size=(101, 8, 10)).astype(np.float32),
            classes=np.arange(10),
            output_count=10,
            unit_lam=np.array([0.0, 1.0]),
            layers=(units,),
            head=np.zeros((2, 10, 1)),
        )
        phases = (Phase("travel", "left", 0.0, 1.0, 0.1, 1.0),)
        journeys = {x: Journey(x, *rng.random((3, 401)), phases, None) for x in PROFILES}
        ends, conditions = ((0.0, "initial"), (1.0, "trained")), Conditions(*holds)
        routes.append(Route(name, ends, sheet, conditions, journeys, loss, sample=sample))
    return Record(tuple(routes), {"title": "Noise"})


def table_of_noise(rng: np.random.Generator, lam: np.ndarray) -> Table:
    """g(lambda, c) = mean of log sum exp(c z) - c z_0, z from random outputs to others."""
    first, last = 3 * rng.normal(size=(2, 100, 10))
    last[:, 0] += 6
    scale = even_scales(1000.0, 128)
    objective = np.empty((len(lam), len(scale)), np.float32)
    for row, at in enumerate(lam):
        z = (1 - at) * first + at * last
        rays = scale[:, None, None] * (z - z[:, :1])
        objective[row] = logsumexp(rays, axis=2).mean(axis=1)
    return Table(lam, scale, objective)
