"""``interpolate``, ``trajectory`` and ``surface``, for the user's own network."""

import time
from argparse import Namespace
from typing import Any

from ..experiments.interpolation.interpolate import interpolate
from ..experiments.landscape.surface import surface
from ..experiments.table import Measured
from ..experiments.trajectory.trajectory import trajectory
from ..files.storage import versions
from ..files.weights import load_weights
from ..forward.ranks import of_first_rank
from . import Exit
from .inputs import read_data, read_loss, read_model
from .outputs import files_read, require_places, user_code_running
from .report import printed, where


def execute(options: Namespace) -> Exit:
    """Measure, save the record, and print the finding and the table."""
    require_places(files_read(options), {"--out": (options.out, "findings")})
    began = time.perf_counter()
    with user_code_running(options.quiet):
        found = MEASURES[options.command](options)
    plain = {name: str(value) for name, value in vars(options).items() if value is not None}
    seconds = round(time.perf_counter() - began, 1)
    record = found.record().described(options=plain, versions=versions(), seconds=seconds)
    of_first_rank(lambda: record.save(options.out))
    answer = {
        "finding": found.finding,
        "table": found.table(),
        "record": str(options.out),
        "manifest": record.manifest,
    }
    return printed(options, Exit.DONE, answer, [repr(found), where(options.out)])


def _interpolated(options: Namespace) -> Measured:
    model, data = read_model(options), read_data(options.data)
    initial, final = (load_weights(one, model) for one in (options.initial, options.final))
    test, alphas = options.test and read_data(options.test), (0.0, options.farthest)
    same = _same(options, "also")
    return interpolate(model, initial, final, data, test, alphas=alphas, **same)


def _strayed(options: Namespace) -> Measured:
    model = None if options.model is None else read_model(options)
    return trajectory(options.checkpoint, model=model, title=f"{len(options.checkpoint)} weights")


def _surfaced(options: Namespace) -> Measured:
    model, data = read_model(options), read_data(options.data)
    final, *before = (load_weights(one, model) for one in (options.final, *options.checkpoint))
    normalise = None if options.normalise == "none" else options.normalise
    same = _same(options, "plane", "reach", "seed", "folder")
    return surface(model, final, data, normalise=normalise, checkpoints=before, **same)


def _same(options: Namespace, *more: str) -> dict[str, Any]:
    """What the functions call as the command line does, these names besides."""
    names = ("points", "batch_norm", "device", "memory", *more)
    title = f"{options.model} · {' '.join(options.data)}"
    given = {name: getattr(options, name) for name in names}
    return {"loss": read_loss(options), "title": title, **given}


MEASURES = {"interpolate": _interpolated, "trajectory": _strayed, "surface": _surfaced}
