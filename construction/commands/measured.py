"""``interpolate``, ``trajectory`` and ``surface``, for the user's own network."""

import argparse
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import Exit, groups
from .outputs import require_places, user_output_aside

if TYPE_CHECKING:
    from ..experiments.measured import Measured

LINE = """\
Follow the straight line from one set of weights to another, and on beyond it: objective and error,
also on test data, the least objective over all scales of the last layer, and the constructed paths,
under one or several treatments of batch normalisation."""
WAY = """\
Measure how far a training strays from the straight line between its first and its last weights:
along it and away from it, the length of the path and its angles, beside a random walk."""
PLANE = """\
Take the objective on a plane through trained weights: of random directions with the norms of the
weights' filters, or of the directions in which the checkpoints of the training lie most."""
EXAMPLES = {
    "interpolate": """\
--model net.py:build --initial first.safetensors \\
      --final trained.safetensors --data digits.npz --test test.npz --loss cross_entropy""",
    "trajectory": "--checkpoint step-*.safetensors",
    "surface": """\
--model net.py:build --final trained.safetensors --data digits.npz \\
      --loss cross_entropy --points 31 --folder rows""",
}


def add_commands(commands: Any) -> None:
    """Let the command line know the three."""
    for name, summary, text, add_options in (
        ("interpolate", "measure the line between two weights", LINE, _line),
        ("trajectory", "measure how far a training strays from its line", WAY, _way),
        ("surface", "measure the objective around trained weights", PLANE, _surface),
    ):
        example = f"example:\n  python -m construction {name} {EXAMPLES[name]}\n"
        add_options(groups.command(commands, name, summary, text, example))


def _way(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("weights")
    groups.files(group, "checkpoint", "the weights in order, from the first to the last", True)
    groups.model(group, required=False)
    _result(command, "trajectory.npz")


def _line(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("model, weights and data")
    groups.model(group)
    for end, what in (("initial", "at alpha = 0"), ("final", "at alpha = 1")):
        groups.weights(group, end, what)
    groups.data(group)
    group.add_argument("--test", nargs="+", metavar="DATA", help="test data, as --data has them")
    asked = command.add_argument_group("what is asked")
    groups.loss(asked, "squared")
    asked.add_argument("--farthest", type=float, default=2.0, metavar="ALPHA", help="default 2")
    asked.add_argument(
        "--points", type=groups.count, default=21, metavar="N", help="alphas on [0, 1] (default 21)"
    )
    asked.add_argument(
        "--also",
        nargs="*",
        choices=("paper", "even", "valley"),
        default=["paper", "valley"],
        help="profiles whose paths are constructed over the line (default paper valley)",
    )
    asked.add_argument(
        "--batch-norm",
        nargs="+",
        choices=("interpolate", "recompute", "batch"),
        default=["none"],
        help="what becomes of running statistics; several stand side by side",
    )
    groups.machine(command)
    _result(command, "line.npz")


def _surface(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("model, weights and data")
    groups.model(group)
    groups.weights(group, "final", "in the middle of the plane")
    groups.files(group, "checkpoint", "of the training, from its first weights on")
    groups.data(group)
    asked = command.add_argument_group("what is asked")
    groups.loss(asked, "squared")
    asked.add_argument("--plane", choices=("random", "trajectory"), default="random")
    asked.add_argument("--normalise", choices=("filter", "layer", "none"), default="filter")
    asked.add_argument("--points", type=groups.count, default=51, metavar="N", help="default 51")
    asked.add_argument("--reach", type=float, help="of each axis; 1 when not given")
    asked.add_argument("--seed", type=int, default=0, help="of random directions (default 0)")
    asked.add_argument("--batch-norm", choices=("interpolate", "recompute"))
    asked.add_argument("--folder", type=Path, help="keeps finished rows, to go on from")
    groups.machine(command)
    _result(command, "surface.npz")


def _result(command: argparse.ArgumentParser, out: str) -> None:
    group = command.add_argument_group("result")
    group.add_argument(
        "--out", type=Path, default=Path(out), metavar="FILE.npz", help=f"default {out}"
    )
    groups.printing(group)


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
