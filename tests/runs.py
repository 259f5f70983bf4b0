"""A training run and a named run that take a moment, and what two equal results have in common."""

import json
from dataclasses import asdict
from functools import cache

import numpy as np
import torch
from torch.nn.functional import one_hot

from construction.data import Dataset, balanced_subset, load, standardised
from construction.experiments import run as experiments
from construction.experiments.path.settings import Experiment
from construction.experiments.table import EXPERIMENTS
from construction.network.architectures import MLP
from construction.record.record import Record
from construction.record.route import CHECKED
from construction.training import build as architectures
from construction.training import side_by_side
from construction.training.build import build
from construction.training.recipe import Recipe

from .problems import Problem, State, objective

#: 3 epochs of 4 steps on `few_digits`; weights are kept at steps 0, 3, 6, 9 and 12.
TINY = Recipe(architecture=MLP((784, 8, 10)), epochs=3, batch_size=50, checkpoints=4)


@cache
def few_digits() -> Dataset:
    return balanced_subset(load("mnist-5k"), 20, 1)


def objective_of(weights: State) -> float:
    """Of `TINY`'s network on `few_digits`."""
    digits = few_digits()
    images = torch.from_numpy(standardised(digits.train_images))
    labels = one_hot(torch.from_numpy(digits.train_labels.astype(np.int64)), 10)
    return objective(Problem(build(TINY), None, (images, labels)), weights)


def train_on_few_digits(patch) -> None:
    patch.setattr(architectures, "load", lambda name: few_digits())
    patch.setattr(side_by_side, "PROCESSES", 1)  # another process would load all digits


def name_a_run(patch, folder, name="tiny", **changes) -> Experiment:
    """From here on `name` is a named run on `few_digits`, cached in the folder."""
    train_on_few_digits(patch)
    patch.setattr(experiments, "load", lambda name: few_digits())
    patch.setenv("CONSTRUCTION_CACHE", str(folder))
    settings = {"title": "Few digits", "recipe": TINY, "points": 21, "checks": 11, "takes": "1 s"}
    experiment = Experiment(**{**settings, **changes})
    patch.setitem(EXPERIMENTS, name, experiment)
    return experiment


def interrupt(patch, owner, name, call) -> None:
    """Let the `call`-th call of a function be interrupted."""
    original, calls = getattr(owner, name), []

    def interrupted(*args, **options):
        calls.append(args)
        if len(calls) == call:
            raise KeyboardInterrupt
        return original(*args, **options)

    patch.setattr(owner, name, interrupted)


def count(patch, owner, name) -> list:
    """A list that grows by one entry with each call of a function."""
    original, calls = getattr(owner, name), []

    def counted(*args, **options):
        calls.append(args)
        return original(*args, **options)

    patch.setattr(owner, name, counted)
    return calls


def blocked(folder):
    """A folder that nobody can make, not even root: a file is in its way."""
    (folder / "file").write_text("in the way")
    return folder / "file" / "below"


def arrays_of(record: Record) -> dict[str, np.ndarray]:
    found = {}
    for route in record.routes:
        for key in ("lam", "a", "b"):
            found[f"{route.name}/{key}"] = getattr(route.sheet, key)
        for journey in route.journeys.values():
            prefix = f"{route.name}/{journey.profile}"
            found |= {f"{prefix}/{key}": getattr(journey, key) for key in ("scale", "target")}
            if journey.certificate:
                found |= {f"{prefix}/{key}": getattr(journey.certificate, key) for key in CHECKED}
    return found


def values_of(record: Record) -> list:
    """Everything in the routes that is no array and no duration, in order, as JSON tells it."""
    found = []
    for route in record.routes:
        found += [route.name, route.vertices, route.sheet.d, asdict(route.conditions)]
        for name, journey in route.journeys.items():
            check = journey.certificate and {
                key: value
                for key, value in asdict(journey.certificate).items()
                if key not in CHECKED
            }
            found += [name, journey.profile, [asdict(p) for p in journey.phases], check]
    return json.loads(json.dumps(found), object_hook=untimed)


def untimed(entries: dict) -> dict:
    return {key: value for key, value in entries.items() if key != "seconds"}


def same_routes(first: Record, second: Record) -> bool:
    """Whether all arrays agree to the bit and all other values are equal."""
    mine, other = arrays_of(first), arrays_of(second)
    return (
        values_of(first) == values_of(second)
        and mine.keys() == other.keys()
        and all(bits(mine[key]) == bits(other[key]) for key in mine)
    )


def bits(array: np.ndarray) -> tuple:
    return array.dtype, array.shape, array.tobytes()
