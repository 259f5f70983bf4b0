"""Options that commands share, with their help and what their words are read as; needs no torch."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

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


def command(
    commands: Any, name: str, summary: str, text: str = "", example: str = ""
) -> argparse.ArgumentParser:
    """A command with its help and the exit codes."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=text or summary[0].upper() + summary[1:] + ".",
        epilog="\n".join(filter(None, (example, EXIT_CODES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def inputs(command: argparse.ArgumentParser, required: bool) -> None:
    """Model, weights and data of the user's, and the base path through the weights."""
    group = command.add_argument_group("model, weights and data")
    model(group)
    for end, what in (("initial", "W(0)"), ("final", "W(1)")):
        weights(group, end, what, required)
    between = group.add_mutually_exclusive_group()
    for name, help_text in (
        ("checkpoint", "weights between the two: the base path is the polyline through all"),
        ("bezier", "control points between the two: the base path is their Bezier curve"),
    ):
        files(between, name, help_text)
    data(group, required)


def model(group: Any, required: bool = True) -> None:
    """A network."""
    group.add_argument(
        "--model",
        required=required,
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


def weights(group: Any, end: str, what: str, required: bool = True) -> None:
    """A file of weights."""
    group.add_argument(
        f"--{end}",
        type=Path,
        required=required,
        metavar="FILE",
        help=f"weights {what}: .safetensors, or a .pt that holds tensors alone",
    )


def files(group: Any, name: str, help_text: str, required: bool = False) -> None:
    """Several files of weights."""
    options: dict[str, Any] = {"required": True} if required else {}
    group.add_argument(
        f"--{name}",
        type=Path,
        nargs="+",
        action="extend",
        metavar="FILE",
        help=help_text,
        **options,
    )


def data(group: Any, required: bool = True) -> None:
    """What the objective is taken on."""
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


def loss(group: Any, default: str | None) -> None:
    """What is minimised."""
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


def machine(command: argparse.ArgumentParser) -> None:
    """Where it computes."""
    machine = command.add_argument_group("machine")
    machine.add_argument("--device", help="cpu, cuda, ...; where the weights are when not given")
    machine.add_argument(
        "--memory",
        type=size_in_bytes,
        metavar="SIZE",
        help="what may be used above data and model, as 500MB or 2GiB (default 1GB)",
    )


def check(command: argparse.ArgumentParser, default: int, text: str) -> None:
    """How a path is checked and proved; `default` is the number of points."""
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


def printing(group: Any) -> None:
    """What is printed of a result."""
    group.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object instead of the summary; infinite numbers are the strings "
        '"Infinity" and "-Infinity"',
    )
    group.add_argument(
        "--quiet", action="store_true", help="print errors alone, no summary and no progress"
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
