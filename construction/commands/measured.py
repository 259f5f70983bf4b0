"""``interpolate``, ``trajectory`` and ``surface``, for the user's own network."""

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import Exit
from .outputs import require_places, user_output_aside

if TYPE_CHECKING:
    from ..experiments.measured import Measured


def execute(options: Namespace) -> Exit:
    """Measure, save the record, and print the finding and the table.

    Raises:
        ConstructionError: something that was handed in cannot be used.
    """
    from ..files.user_code import as_input_errors
    from .inputs import versions
    from .report import show

    given = [getattr(options, name, None) for name in ("initial", "final")]
    read = [*filter(None, given), *(getattr(options, "checkpoint", None) or [])]
    read += map(Path, [*getattr(options, "data", []), *(getattr(options, "test", None) or [])])
    require_places({"--out": options.out}, read, (".npz",))
    began = time.perf_counter()
    with user_output_aside(options.quiet), as_input_errors("the model, loss and data to run"):
        found = MEASURES[options.command](options)
    plain = {name: str(value) for name, value in vars(options).items() if value is not None}
    record = found.record().described(options=plain, versions=versions())
    record = record.described(seconds=round(time.perf_counter() - began, 1))
    record.save(options.out)
    answer = {"command": options.command, "exit_code": 0, "finding": found.finding}
    draws = f"Record: {options.out}; `python -m construction plot {options.out}` draws it"
    answer |= {"table": found.table(), "record": str(options.out), "manifest": record.manifest}
    show(options, answer, f"{found!r}\n{draws}")
    return Exit.DONE


def _interpolated(options: Namespace) -> "Measured":
    from ..experiments.interpolation.interpolate import interpolate
    from ..files.weights import load_weights
    from .inputs import loss_named, read_data, read_model

    model = read_model(options)
    return interpolate(
        model,
        load_weights(options.initial, model),
        load_weights(options.final, model),
        read_data(options.data, options.data_args),
        None if options.test is None else read_data(options.test),
        loss=loss_named(options.loss, dict(options.loss_option)),
        alphas=(0.0, options.farthest),
        points=options.points,
        also=options.also,
        batch_norm=options.batch_norm,
        title=f"{options.model} · {' '.join(options.data)}",
        **_machine(options),
    )


def _strayed(options: Namespace) -> "Measured":
    from ..experiments.trajectory.trajectory import trajectory
    from .inputs import read_model

    model = None if options.model is None else read_model(options)
    return trajectory(options.checkpoint, model=model, title=f"{len(options.checkpoint)} weights")


def _surfaced(options: Namespace) -> "Measured":
    from ..experiments.landscape.surface import surface
    from ..files.weights import load_weights
    from .inputs import loss_named, read_data, read_model

    model = read_model(options)
    return surface(
        model,
        load_weights(options.final, model),
        read_data(options.data, options.data_args),
        plane=options.plane,
        normalise=None if options.normalise == "none" else options.normalise,
        points=options.points,
        reach=options.reach,
        checkpoints=[load_weights(file, model) for file in options.checkpoint or []],
        loss=loss_named(options.loss, dict(options.loss_option)),
        batch_norm=options.batch_norm,
        seed=options.seed,
        folder=options.folder,
        title=f"{options.model} · {' '.join(options.data)}",
        **_machine(options),
    )


def _machine(options: Namespace) -> dict[str, Any]:
    from ..forward.forward import MEMORY

    return {"device": options.device, "memory": options.memory or MEMORY}


MEASURES = {"interpolate": _interpolated, "trajectory": _strayed, "surface": _surfaced}
