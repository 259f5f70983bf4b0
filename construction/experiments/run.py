"""The result of a named run: settings in, one result out, cached under a hash of the settings.

What a kind of run measures is in the module `measure` of its folder. Every stage of it is kept when
it is done, so that an interrupted run goes on where it stopped.
"""

import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from ..data import load
from ..errors import InputError, RecordError, door
from ..files.storage import ensure_folder, versions
from ..forward.precision import threads, usable_device
from ..forward.ranks import of_first_rank, rank_and_size
from ..record.findings import Findings, comparison_line
from .claims import standing
from .given import given
from .kept import Result, load_result, part_path, parts, record_path, result_path, shipped_path
from .settings import Published, Settings
from .stages import Part, Report, Stages
from .table import in_words, kind_of, named

#: Where named runs compute by default: equal bits need the same kind of device.
DEVICE = "cpu"
#: The stages that say that a result is computed though there is one, and that keep the new one
#: until it has been compared.
BEGUN, NEW = "begun", "new"


@door()
def run(
    name: str,
    *,
    fresh: bool = False,
    device: str = DEVICE,
    part: Part | None = None,
    report: Report = print,
) -> Result:
    """The result of a named run: from the cache, as shipped, or computed with progress.

    Several processes (see `construction.forward.ranks`) share out samples; each has the result.
    Computed again, it is compared with the earlier one, or with the one that is shipped: in its
    numbers, and in what its findings claim.

    Args:
        name: one of `EXPERIMENTS`.
        fresh: compute everything anew, training included; what was begun is forgotten once device,
            data and published weights are known to be at hand, and an earlier result when the new
            one is compared.
        device: where to compute.
        part: of the networks of a sweep, the share of this number, from 1 on, of so many: trained,
            measured and kept, for a later run without it to join. Jobs with one cache folder may
            compute them at the same time.
        report: receives a line a stage.

    Raises:
        InputError: no run of that name, one that is in one piece, or a device that cannot be used.
        CacheError: the cache folder cannot be written.
        ConditionError, DataError: see `construction.construct` and `construction.data.load`.
        WeightsError: see `construction.experiments.given.given`.
    """
    settings = named(name)
    usable_device(device)
    if part and (fresh or not settings.divides):
        raise InputError(
            "a part of a sweep, without --fresh, which forgets what other parts have kept",
            "--fresh" if fresh else f"{name!r}, which is in one piece",
            f"`python -m construction run {name}` computes what is left of it.",
        )
    report = (lambda _: None) if rank_and_size()[0] else report  # the first process says all
    place, kind = record_path(name), kind_of(settings).result
    stages = Stages(place, kind, fresh=fresh, device=device, report=report, part=part)
    available = of_first_rank(lambda: _ready(name, settings, stages))
    if available is not None:
        return available
    with threads(settings.threads or torch.get_num_threads()):
        return _compute(name, settings, stages, report)


def _ready(name: str, settings: Settings, stages: Stages) -> Result | None:
    """The finished result; where one is to be computed None, with everything prepared for it."""
    place, anew = stages.place, stages.fresh or stages.part
    begun = part_path(place, BEGUN)
    if not (anew or begun.exists()) and (available := _available(name, place, stages.report)):
        return available
    ensure_folder(place.parent)
    if stages.fresh:
        for one in settings.data_sets:
            load(one)
        for entry in vars(settings).values():
            for asked in entry if isinstance(entry, tuple) else (entry,):
                if isinstance(asked, Published):
                    given(asked, stages.device)
        for old in parts(place):
            old.unlink(missing_ok=True)
    if anew and result_path(name):  # the command without --fresh or --part goes on
        Findings({}).save(begun)
    return None


def _available(name: str, place: Path, report: Report) -> Result | None:
    """The finished result in the cache, or the shipped one."""
    if place.exists():
        try:
            result = load_result(name, place)
        except RecordError as error:
            report(f"{name}: computed again, as the cached record is unusable. {error}")
        else:
            report(f"{name}: from {place}")
            return result
    elif shipped := shipped_path(name):
        report(f"{name}: as shipped, {shipped}; --fresh computes it again")
        return load_result(name, shipped)
    return None


def _compute(name: str, settings: Settings, stages: Stages, report: Report) -> Result:
    began, place = time.perf_counter(), stages.place
    resumed = any(old != part_path(place, BEGUN) for old in parts(place))
    report(f"{name}: {settings.title}; about {settings.takes} on two cores")
    result: Result = kind_of(settings).measure.conduct(settings, stages, report)
    if stages.part:
        number, count = stages.part
        report(f"{name}: part {number} of {count} is kept; without --part all are joined")
        return result
    result = result.described(resumed=resumed, **_provenance(name, settings, stages))
    if isinstance(result, Findings):
        result = in_words(result)
        report(f"  {result.manifest['finding']}")
    result = result.described(seconds=round(time.perf_counter() - began, 1))
    return of_first_rank(lambda: _kept(name, place, result, report))


def _kept(name: str, place: Path, result: Result, report: Report) -> Result:
    """Put a result in the place of an earlier one, with which it is compared; no stage is left."""
    new = part_path(place, NEW)
    result.save(new)
    report(f"{name}: done in {result.manifest['seconds']:.0f} s, {place}")
    for which, other in (("earlier", place), ("shipped", shipped_path(name))):
        if other is not None and other.exists():
            report(f"  {comparison_line(new, other, which)}")
            with suppress(RecordError):  # of which that line has told
                finding = kind_of(named(name)).words.finding
                report(f"  {standing(finding(result), finding(load_result(name, other)), which)}")
            break
    with suppress(FileNotFoundError):  # where another process, of the same run, was first
        os.replace(new, place)
    for old in parts(place):
        old.unlink(missing_ok=True)
    return load_result(name, place)


def _provenance(name: str, settings: Settings, stages: Stages) -> dict[str, Any]:
    """What the manifest says about how a result came about."""
    networks = stages.trained
    training = {
        "seeds": [run.recipe.seed for run in networks],
        "weights_checksums": [run.weights_checksum for run in networks],
        "training_seconds": [round(run.seconds, 1) for run in networks],
    }
    return {
        "name": name,
        "title": settings.title,
        "settings": asdict(settings),
        "digest": settings.digest,
        "command": f"python -m construction run {name}",
        "data_checksums": {one: load(one).checksum for one in settings.data_sets},
        "stages": stages.made,
        "device": stages.device,
        "threads": torch.get_num_threads(),
        "processes": rank_and_size()[1],
        "machine": platform.machine(),
        "versions": versions(),
        **(training if networks else {}),
    }
