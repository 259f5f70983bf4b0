"""What every command takes, with its help; read without torch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .texts import (
    CERTIFY,
    CERTIFY_EXAMPLE,
    EXIT_CODES,
    PLOT,
    PLOT_EXAMPLE,
    RUN_EXAMPLE,
    SOLVE,
    SOLVE_EXAMPLE,
)
from .values import json_arguments, key_number, size_in_bytes


def parser() -> argparse.ArgumentParser:
    """The whole command line.

    >>> parser().parse_args(["run", "digits-mlp"]).name
    'digits-mlp'
    """
    whole = argparse.ArgumentParser(
        prog="python -m construction",
        description="Compute a path of weights along which the loss only goes down.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _solve(_command(commands, "solve", "answer and construct for weights of your own", SOLVE))
    _certify(_command(commands, "certify", "check a result again, from the weights", CERTIFY))
    _plot(_command(commands, "plot", "draw a result or a named run", PLOT))
    _command(commands, "list", "show the named runs, how long each takes, and what exists")
    _run(_command(commands, "run", "compute a named run and cache its record"))
    return whole


def _command(commands: Any, name: str, summary: str, text: str = "") -> argparse.ArgumentParser:
    examples = {
        "solve": SOLVE_EXAMPLE,
        "certify": CERTIFY_EXAMPLE,
        "plot": PLOT_EXAMPLE,
        "run": RUN_EXAMPLE,
    }
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=text or summary[0].upper() + summary[1:] + ".",
        epilog="\n".join(filter(None, (examples.get(name), EXIT_CODES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def _solve(command: argparse.ArgumentParser) -> None:
    _given(command, required=True)
    question = command.add_argument_group("what is asked")
    _loss(question, "squared")
    question.add_argument(
        "--profile",
        choices=("paper", "even", "valley"),
        default="paper",
        help="the target that the objective follows: the proof's own (the default), an even one, "
        "or the lowest that the sheet allows, which also passes where the theorem does not apply",
    )
    question.add_argument(
        "--points", type=int, default=401, metavar="N", help="lambdas from 0 to 1 (default 401)"
    )
    question.add_argument(
        "--head",
        metavar="NAME",
        help="the last layer, as model.named_modules() calls it; found and verified when not given",
    )
    question.add_argument(
        "--batch-norm",
        choices=("interpolate", "recompute"),
        help="what becomes of running statistics along the path; to be said for a model with them",
    )
    _machine(command)
    machine = command.add_argument_group("precision")
    machine.add_argument(
        "--dtype", choices=("float32", "float64"), help="of the forward pass; the weights' own"
    )
    machine.add_argument("--tf32", action="store_true", help="let a GPU use its coarse products")
    _check(command, 101, "points of the check (default 101, 0 for none)")
    result = command.add_argument_group("result")
    result.add_argument(
        "--out",
        type=Path,
        default=Path("result.npz"),
        metavar="FILE.npz",
        help="the record (default result.npz, an earlier one is replaced)",
    )
    _talk(result)


def _certify(command: argparse.ArgumentParser) -> None:
    command.add_argument("result", type=Path, metavar="RESULT.npz", help="written by solve")
    _given(command, required=False)
    _loss(command.add_argument_group("what was asked"), None)
    _machine(command)
    _check(command, 1001, "points of the check (default 1001)")
    result = command.add_argument_group("result")
    result.add_argument(
        "--out", type=Path, metavar="FILE.npz", help="a record of its own, not RESULT.npz itself"
    )
    _talk(result)


def _given(command: argparse.ArgumentParser, required: bool) -> None:
    given = command.add_argument_group("model, weights and data")
    given.add_argument(
        "--model",
        required=True,
        metavar="WHERE:NAME",
        help="a function or class that returns the nn.Module, as FILE.py:NAME or "
        "package.module:NAME",
    )
    given.add_argument(
        "--model-args",
        type=json_arguments,
        default={},
        metavar="JSON",
        help="""its arguments, '{"width": 64}' by name or '[64]' in order""",
    )
    for end, what in (("initial", "W(0)"), ("final", "W(1)")):
        given.add_argument(
            f"--{end}",
            type=Path,
            required=required,
            metavar="FILE",
            help=f"weights {what}: .safetensors, or a .pt that holds tensors alone",
        )
    between = given.add_mutually_exclusive_group()
    between.add_argument(
        "--checkpoint",
        type=Path,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="weights between the two: the base path is the polyline through all",
    )
    between.add_argument(
        "--bezier",
        type=Path,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="control points between the two: the base path is their Bezier curve",
    )
    given.add_argument(
        "--data",
        nargs="+",
        required=required,
        metavar="DATA",
        help="FILE.npz or FILE.safetensors with arrays `inputs` and `targets`; two files .npy; "
        "mnist-5k, mnist, fashion-mnist or cifar-10 (standardised training images); or WHERE:NAME, "
        "a function that returns both as tensors, or a DataLoader",
    )
    given.add_argument(
        "--data-args",
        type=json_arguments,
        default={},
        metavar="JSON",
        help="arguments of WHERE:NAME",
    )


def _loss(group: Any, default: str | None) -> None:
    group.add_argument(
        "--loss",
        default=default,
        metavar="NAME",
        help=("squared (the default)" if default else "squared")
        + ", cross_entropy, label_smoothing, binary_cross_entropy, absolute, huber, pinball, "
        "hinge, multiclass_hinge, poisson; or WHERE:NAME, a function of (predictions, targets) to "
        "one value a sample, convex in the predictions",
    )
    group.add_argument(
        "--loss-option",
        type=key_number,
        action="append",
        default=[],
        metavar="KEY=NUMBER",
        help="smoothing=0.1 of label_smoothing, delta=1 of huber, quantile=0.5 of pinball",
    )


def _machine(command: argparse.ArgumentParser) -> None:
    machine = command.add_argument_group("machine")
    machine.add_argument("--device", help="cpu, cuda, ...; where the weights are when not given")
    machine.add_argument(
        "--memory",
        type=size_in_bytes,
        metavar="SIZE",
        help="what may be used above data and model, as 500MB or 2GiB (default 1GB)",
    )


def _check(command: argparse.ArgumentParser, default: int, text: str) -> None:
    check = command.add_argument_group("check and proof")
    check.add_argument("--check", type=int, default=default, metavar="N", help=text)
    check.add_argument(
        "--prove",
        action="store_true",
        help="prove, by bounds on whole intervals of lambda, what can be proved of this network",
    )
    check.add_argument(
        "--proof",
        type=Path,
        metavar="FILE.npz",
        help="prove, and save the proof for `python -m construction.recheck`",
    )


def _talk(group: Any) -> None:
    group.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object instead of the summary; infinite numbers are the strings "
        '"Infinity" and "-Infinity"',
    )
    group.add_argument(
        "--quiet", action="store_true", help="print errors alone, no summary and no progress"
    )


def _plot(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "result", metavar="RESULT", help="a record, or the name of a run that has been computed"
    )
    command.add_argument(
        "--out",
        type=Path,
        metavar="FIGURE",
        help=".pdf, .svg or .png (default: RESULT.pdf in this folder)",
    )
    command.add_argument("--route", metavar="NAME", help="of several; the first when not given")
    command.add_argument(
        "--profile",
        nargs="+",
        metavar="NAME",
        help="the constructed paths to draw; all of the record when not given",
    )
    command.add_argument("--theme", choices=("light", "dark"), default="light")
    command.add_argument(
        "--width", type=float, default=5.5, metavar="INCHES", help="default 5.5, a text column"
    )
    command.add_argument("--linear", action="store_true", help="a linear axis for the objectives")
    command.add_argument(
        "--caption",
        action="store_true",
        help="the caption below the figure, not in a .txt of its own beside it",
    )


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", help="of the run; `list` shows them")
    command.add_argument(
        "--fresh",
        action="store_true",
        help="compute again, training included, and compare with the earlier or shipped numbers",
    )
    command.add_argument(
        "--device", default="cpu", help="cpu (the default), cuda, ...; another gives other bits"
    )
