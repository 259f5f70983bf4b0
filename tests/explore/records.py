"""Results and records that the explorer is tested with."""

from dataclasses import replace
from functools import cache

import numpy as np

from construction.answers.conditions import Condition, Conditions
from construction.record.record import Record, joined
from construction.record.route import Journey, Route
from construction.record.sample import Sample, Units
from construction.sheet.moments import SquaredSheet
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
    return {name: with_profile(first, name) for name in PROFILES if possible(first, name)}


def possible(result: MonotonePath, profile: str) -> bool:
    return profile == "valley" or result.conditions.theorem_applies


def recorded(loss: str) -> Record:
    """All of them, with a sample of four."""
    problem = trained() if loss == "squared" else classified()
    sample = tuple(part[:4] for part in problem.data)
    return joined([one.record(sample=sample) for one in results(loss).values()])


def without_table(record: Record) -> Record:
    """As records before 0.4 are, which have no sample either."""
    routes = [replace(x, sheet=replace(x.sheet, table=None), sample=None) for x in record.routes]
    return Record(tuple(routes), record.manifest)


def large() -> Record:
    """Two routes of 401 lambdas with eight digits, as the package's own runs have them; of noise,
    which packs worse than anything real."""
    rng = np.random.default_rng(0)
    holds = Condition("condition 2", 2.0, 1.0, 1.0, 0.0, "checked at 1 point", "a > b")
    conditions = Conditions(*[holds] * 4)
    lam = np.linspace(0, 1, 401)
    images = rng.integers(0, 256, (8, 28, 28), np.uint8) * (rng.random((8, 28, 28)) < 0.3)
    phases = (Phase("travel", "left", 0.0, 1.0, 0.1, 1.0),)
    units = Units(1, np.zeros(1, int), np.zeros((2, 8, 1)), None)
    routes = []
    for name in ("line", "detour"):
        sheet = SquaredSheet(lam, 1 + rng.random(401), rng.random(401), 1.0)
        outputs = rng.normal(size=(101, 8, 10)).astype(np.float32)
        sample = Sample(
            held_out=True,
            images=images.astype(np.uint8),
            targets=np.eye(10)[:8],
            lam=lam[::4],
            outputs=outputs,
            classes=np.arange(10),
            output_count=10,
            unit_lam=np.array([0.0, 1.0]),
            layers=(units,),
            head=np.zeros((2, 10, 1)),
        )
        journeys = {x: Journey(x, *rng.random((3, 401)), phases, None) for x in PROFILES}
        ends = ((0.0, "initial"), (1.0, "trained"))
        routes.append(Route(name, ends, sheet, conditions, journeys, sample=sample))
    return Record(tuple(routes), {"title": "Noise"})
