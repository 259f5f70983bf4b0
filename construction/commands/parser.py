"""What every command takes, with its help; read without torch."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

from . import lecture, render

EXIT_CODES = """\
exit codes:
  0    done
  1    something that was given cannot be used; the message says what to do
  2    the command line itself makes no sense
  3    no path was constructed, as a condition fails; the answers are printed
  4    a path was constructed or recorded, but the check did not confirm it
  130  interrupted
"""

#: Most points of a path or a check, and least and largest width of a figure.
POINTS, WIDTHS = 10_000_000, (1.0, 40.0)
#: Of a size on the command line.
BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


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
    _solve(commands)
    _certify(commands)
    _plot(commands)
    _explore(commands)
    _command(commands, "list", "show the named runs, how long each takes, and what exists")
    _run(commands)
    summary = "render films, in several processes"
    render.add_options(_command(commands, "render", summary, render.TEXT, render.EXAMPLE))
    summary = "make deck, slides, handout and films of a class hour"
    lecture.add_options(_command(commands, "lecture", summary, lecture.TEXT, lecture.EXAMPLE))
    return whole


def _command(
    commands: Any, name: str, summary: str, text: str = "", example: str = ""
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=text or summary[0].upper() + summary[1:] + ".",
        epilog="\n".join(filter(None, (example, EXIT_CODES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def _solve(commands: Any) -> None:
    command = _command(
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
    _inputs(command, required=True)
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
        "--points", type=count, default=401, metavar="N", help="lambdas from 0 to 1 (default 401)"
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
    _printing(result)


def _certify(commands: Any) -> None:
    command = _command(
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
    _inputs(command, required=False)
    _loss(command.add_argument_group("what was asked"), None)
    _machine(command)
    _check(command, 1001, "most points of the check, lambdas of the record (default 1001)")
    result = command.add_argument_group("result")
    result.add_argument(
        "--out", type=Path, metavar="FILE.npz", help="a record of its own, not RESULT.npz itself"
    )
    _printing(result)


def _inputs(command: argparse.ArgumentParser, required: bool) -> None:
    group = command.add_argument_group("model, weights and data")
    group.add_argument(
        "--model",
        required=True,
        metavar="WHERE:NAME",
        help="a function or class that returns the nn.Module, as FILE.py:NAME or "
        "package.module:NAME",
    )
    group.add_argument(
        "--model-args",
        type=json_arguments,
        default={},
        metavar="JSON",
        help="""its arguments, '{"width": 64}' by name or '[64]' in order""",
    )
    for end, what in (("initial", "W(0)"), ("final", "W(1)")):
        group.add_argument(
            f"--{end}",
            type=Path,
            required=required,
            metavar="FILE",
            help=f"weights {what}: .safetensors, or a .pt that holds tensors alone",
        )
    between = group.add_mutually_exclusive_group()
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
    group.add_argument(
        "--data",
        nargs="+",
        required=required,
        metavar="DATA",
        help="FILE.npz or FILE.safetensors with arrays `inputs` and `targets`; two files .npy; "
        "mnist-5k, mnist, fashion-mnist or cifar-10 (standardised training images); or WHERE:NAME, "
        "a function that returns both as tensors, or a DataLoader",
    )
    group.add_argument(
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
    check.add_argument("--check", type=count, default=default, metavar="N", help=text)
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


def _printing(group: Any) -> None:
    group.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object instead of the summary; infinite numbers are the strings "
        '"Infinity" and "-Infinity"',
    )
    group.add_argument(
        "--quiet", action="store_true", help="print errors alone, no summary and no progress"
    )


def _plot(commands: Any) -> None:
    command = _command(
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
        "--width", type=inches, default=5.5, metavar="INCHES", help="default 5.5, a text column"
    )
    command.add_argument("--linear", action="store_true", help="a linear axis for the objectives")
    command.add_argument(
        "--caption",
        action="store_true",
        help="the caption below the figure, not in a .txt of its own beside it",
    )


def _explore(commands: Any) -> None:
    command = _command(
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
    command = _command(
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


def json_arguments(text: str) -> dict[str, Any] | list[Any]:
    """Arguments by name or in order.

    >>> json_arguments('{"width": 64}')
    {'width': 64}
    """
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(arguments, dict | list):
        raise argparse.ArgumentTypeError(
            f"""expected '{{"name": value}}' or '[value]', found {text:.40}"""
        )
    return arguments


def key_number(text: str) -> tuple[str, float]:
    """A name and its number.

    >>> key_number("delta=0.5")
    ('delta', 0.5)
    """
    key, equals, value = text.partition("=")
    try:
        return key, float(value if equals else "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected KEY=NUMBER, found {text!r}") from error


def size_in_bytes(text: str) -> int:
    """A size with or without a unit.

    >>> size_in_bytes("2GiB"), size_in_bytes("500 MB")
    (2147483648, 500000000)
    """
    parts = re.fullmatch(r"\s*([0-9.]+)\s*([a-zA-Z]*)\s*", text)
    try:
        size = float(parts[1]) * BYTES[parts[2].upper()] if parts else 0.0
    except (ValueError, KeyError):
        size = 0.0
    if not 1 <= size < 2**63:
        raise argparse.ArgumentTypeError(
            f"expected a size such as 500MB or 2GiB, found {text!r:.40}"
        )
    return int(size)


def count(text: str) -> int:
    """A number of points, at most `POINTS`; whether they are enough is asked where they are used.

    >>> count("401")
    401
    """
    return int(_between(text, int, -POINTS, POINTS))


def inches(text: str) -> float:
    """The width of a figure.

    >>> inches("5.5")
    5.5
    """
    return _between(text, float, *WIDTHS)


def _between(text: str, kind: type[int] | type[float], least: float, most: float) -> float:
    try:
        number = kind(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"invalid {kind.__name__} value: {text!r:.40}") from error
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"expected {least} to {most}, found {text!r:.40}")
    return number
