"""What every command takes, with its help; read without torch."""

import argparse
from pathlib import Path
from typing import Any

from . import groups, lecture, measured, render


def parser() -> argparse.ArgumentParser:
    """The whole command line.

    >>> parser().parse_args(["run", "digits-mlp"]).name
    'digits-mlp'
    """
    whole = argparse.ArgumentParser(
        prog="python -m construction",
        description="Compute a path of weights along which the loss only goes down.",
        epilog=groups.EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _solve(commands)
    _certify(commands)
    measured.add_commands(commands)
    _plot(commands)
    _explore(commands)
    groups.command(commands, "list", "show the named runs, how long each takes, and what exists")
    _run(commands)
    summary = "render films, in several processes"
    render.add_options(groups.command(commands, "render", summary, render.TEXT, render.EXAMPLE))
    summary = "make deck, slides, handout and films of a class hour"
    lecture.add_options(groups.command(commands, "lecture", summary, lecture.TEXT, lecture.EXAMPLE))
    return whole


def _solve(commands: Any) -> None:
    command = groups.command(
        commands,
        "solve",
        "answer and construct for weights of your own",
        """\
For two sets of weights of one model answer two questions, with numbers: does the theorem of Safran
and Shamir apply, and does the sheet over the path between the weights hold a path along which the
objective strictly decreases? Where it does, construct that path, check it with the model itself in
float64, and keep the result.""",
        """\
example:
  python -m construction solve --model net.py:build --initial first.safetensors \\
      --final trained.safetensors --data digits.npz --loss cross_entropy --profile valley

net.py defines build(), which returns the nn.Module; its last layer has to be linear.
""",
    )
    groups.inputs(command, required=True)
    question = command.add_argument_group("what is asked")
    groups.loss(question, "squared")
    question.add_argument(
        "--profile",
        choices=("paper", "even", "valley"),
        default="paper",
        help="the target that the objective follows: the proof's own (the default), an even one, "
        "or the lowest that the sheet allows, which also passes where the theorem does not apply",
    )
    question.add_argument(
        "--points",
        type=groups.count,
        default=401,
        metavar="N",
        help="lambdas from 0 to 1 (default 401)",
    )
    question.add_argument(
        "--head",
        metavar="NAME",
        help="the last layer, as model.named_modules() calls it, or several with commas between; "
        "found and verified when not given",
    )
    question.add_argument(
        "--batch-norm",
        choices=("interpolate", "recompute"),
        help="what becomes of running statistics along the path; to be said for a model with them",
    )
    groups.machine(command)
    machine = command.add_argument_group("precision")
    machine.add_argument(
        "--dtype", choices=("float32", "float64"), help="of the forward pass; the weights' own"
    )
    machine.add_argument("--tf32", action="store_true", help="let a GPU use its coarse products")
    groups.check(command, 101, "points of the check (default 101, 0 for none)")
    result = command.add_argument_group("result")
    result.add_argument(
        "--out",
        type=Path,
        default=Path("result.npz"),
        metavar="FILE.npz",
        help="the record (default result.npz, an earlier one is replaced)",
    )
    groups.printing(result)


def _certify(commands: Any) -> None:
    command = groups.command(
        commands,
        "certify",
        "check a result again, from the weights",
        """\
Check a result of `solve` again: load the weights, rescale the last layer as the record says, run
the model in float64, compare, and keep the certificate in the record. Weights, data and loss are
those that the record names, unless given. The model has to be given: code is not run because a file
says so.""",
        """\
example:
  python -m construction certify result.npz --model net.py:build --check 1001
""",
    )
    command.add_argument("result", type=Path, metavar="RESULT.npz", help="written by solve")
    groups.inputs(command, required=False)
    groups.loss(command.add_argument_group("what was asked"), None)
    groups.machine(command)
    groups.check(command, 1001, "most points of the check, lambdas of the record (default 1001)")
    result = command.add_argument_group("result")
    result.add_argument(
        "--out", type=Path, metavar="FILE.npz", help="a record of its own, not RESULT.npz itself"
    )
    groups.printing(result)


def _plot(commands: Any) -> None:
    command = groups.command(
        commands,
        "plot",
        "draw a result or a named run",
        """\
Draw a result: the objectives on the base path and on the constructed paths, the least that any
rescaling reaches, the barrier, and the scales. Every curve joins the numbers of the record by
straight lines. The caption is written beside the figure, as FIGURE.txt.""",
        """\
examples:
  python -m construction plot result.npz --out figure.pdf
  python -m construction plot mnist-mlp --route detour --theme dark --out detour.png
  python -m construction plot sweep --caption
""",
    )
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
        "--width",
        type=groups.inches,
        default=5.5,
        metavar="INCHES",
        help="default 5.5, a text column",
    )
    command.add_argument("--linear", action="store_true", help="a linear axis for the objectives")
    command.add_argument(
        "--caption",
        action="store_true",
        help="the caption below the figure, not in a .txt of its own beside it",
    )


def _explore(commands: Any) -> None:
    command = groups.command(
        commands,
        "explore",
        "a page in which lambda, c and the target are moved",
        """\
Write a result as one HTML page and open it: the sheet from above and in space, one ray with its
level and root, the objectives, the conditions, and inputs with their outputs. The page computes in
the browser, needs nothing of the internet, and can be handed on as it is.""",
        """\
examples:
  python -m construction explore result.npz
  python -m construction explore mnist-mlp --out lecture/explorer.html --no-open
""",
    )
    command.add_argument(
        "record", metavar="RECORD", help="a record, or the name of a run that has been computed"
    )
    command.add_argument(
        "--out", type=Path, metavar="FILE.html", help="default: RECORD.html in this folder"
    )
    command.add_argument(
        "--no-open", dest="open", action="store_false", help="write the page, and do not open it"
    )


def _run(commands: Any) -> None:
    command = groups.command(
        commands,
        "run",
        "compute a named run and cache its record",
        example="""\
example:
  python -m construction run digits-mlp
""",
    )
    command.add_argument("name", help="of the run; `list` shows them")
    command.add_argument(
        "--fresh",
        action="store_true",
        help="compute again, training included, and compare with the earlier or shipped numbers",
    )
    command.add_argument(
        "--device", default="cpu", help="cpu (the default), cuda, ...; another gives other bits"
    )
