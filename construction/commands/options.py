"""Every option once, with its help and what its words are read as; needs no torch."""

import argparse
import json
import math
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

#: Pixels across, at 16:9, and down, and frames a second.
QUALITIES = {
    "l": (854, 480, 15),
    "m": (1280, 720, 30),
    "h": (1920, 1080, 60),
    "k": (3840, 2160, 60),
}


def json_arguments(text: str) -> dict[str, Any] | list[Any]:
    """Arguments by name or in order."""
    try:
        arguments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(arguments, dict | list):
        wanted = """expected '{"name": value}' or '[value]'"""
        raise argparse.ArgumentTypeError(f"{wanted}, found {text:.40}")
    return arguments


def key_number(text: str) -> tuple[str, int | float | list[int | float]]:
    """A name and its number, or its numbers with commas between; of `weight` always a list.

    >>> key_number("delta=.5"), key_number("weight=1,2,0.5"), key_number("weight=1")
    (('delta', 0.5), ('weight', [1, 2, 0.5]), ('weight', [1]))
    """
    key, _, value = text.partition("=")
    parts, numbers = value.split(","), []
    with suppress(ValueError):
        if all(math.isfinite(float(one)) for one in parts):
            numbers = [int(one) if one.strip(" +-").isdecimal() else float(one) for one in parts]
    if not numbers:
        raise argparse.ArgumentTypeError(f"expected KEY=NUMBER, found {text!r:.80}")
    return key, numbers if len(numbers) > 1 or key == "weight" else numbers[0]


def size_in_bytes(text: str) -> int:
    """A size with or without a unit.

    >>> size_in_bytes("2GiB"), size_in_bytes("500 MB")
    (2147483648, 500000000)
    """
    units = r"\s*(\d+\.?\d*|\.\d+)\s*(?:(?:([KMGT])(I?))?B)?\s*"
    parts = re.fullmatch(units, text.upper(), re.ASCII)
    number, prefix, binary = parts.groups("") if parts else ("0", "", "")
    size = float(number) * (1024 if binary else 1000) ** " KMGT".index(prefix)
    if not 1 <= size < 2**63:
        wanted = "expected a size such as 500MB or 2GiB"
        raise argparse.ArgumentTypeError(f"{wanted}, found {text!r:.40}")
    return int(size)


def part_of(text: str) -> tuple[int, int]:
    """The number of a part, and of how many.

    >>> part_of("3/16")
    (3, 16)
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"expected K/N, as 3/16, found {text!r}")
    return int(number), int(count)


def within(kind: type[int] | type[float], least: float, most: float) -> Callable[[str], float]:
    """What reads numbers of a kind between two bounds, both included."""

    def number(text: str) -> float:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"expected {least} to {most}, found {text!r:.40}")
        return value

    number.__name__ = kind.__name__  # as argparse calls it in its message
    return number


#: Whether points are enough is asked where they are used.
COUNT: dict[str, Any] = {"type": within(int, 0, 10_000_000), "metavar": "N"}
FILE: dict[str, Any] = {"type": Path, "metavar": "FILE"}
FILES: dict[str, Any] = {**FILE, "nargs": "+", "action": "extend"}
DATA: dict[str, Any] = {"nargs": "+", "metavar": "DATA"}
YES: dict[str, Any] = {"action": "store_true"}
WEIGHTS = ".safetensors, or a .pt that holds tensors alone"
DEFAULT = "(default %(default)s)"

#: What `argparse` takes of each option, by its name; commands say where theirs differ.
OPTIONS: dict[str, dict[str, Any]] = {
    "model": {
        "required": True,
        "metavar": "WHERE:NAME",
        "help": "a function or class that returns the nn.Module, as FILE.py:NAME or "
        "package.module:NAME",
    },
    "model-args": {
        "type": json_arguments,
        "default": {},
        "metavar": "JSON",
        "help": """its arguments, '{"width": 64}' by name or '[64]' in order""",
    },
    "initial": {**FILE, "required": True, "help": f"weights W(0): {WEIGHTS}"},
    "final": {**FILE, "required": True, "help": f"weights W(1): {WEIGHTS}"},
    "checkpoint": {**FILES, "help": "weights between the two: the base path is the polyline"},
    "bezier": {**FILES, "help": "control points between the two, of a Bezier curve"},
    "data": {
        **DATA,
        "required": True,
        "help": "FILE.npz or FILE.safetensors with arrays `inputs` and `targets`; two files .npy; "
        "mnist-5k, mnist or cifar-10 (standardised training images); or WHERE:NAME, "
        "a function that returns both as tensors, or a DataLoader",
    },
    "test": {**DATA, "help": "test data, as --data has them"},
    "loss": {
        "default": "squared",
        "metavar": "NAME",
        "help": "squared, cross_entropy, label_smoothing, binary_cross_entropy, absolute, huber, "
        "pinball, hinge, poisson; or WHERE:NAME, a function of (predictions, "
        f"targets) to one value a sample, convex in the predictions {DEFAULT}",
    },
    "loss-option": {
        "type": key_number,
        "action": "append",
        "default": [],
        "metavar": "KEY=NUMBER",
        "help": "delta=1 of huber, quantile=0.5 of pinball; of label_smoothing and cross_entropy "
        "smoothing=0.1, weight=1,2,0.5 of the classes, ignore_index=0, and axis=-1 for classes "
        "that are last",
    },
    "missing": {
        "choices": ("refuse", "ignore"),
        "help": "what becomes of targets that are NaN; they are refused when not said",
    },
    "profile": {
        "choices": ("paper", "even", "valley"),
        "default": "paper",
        "help": "target of the objective: the proof's own (the default), an even one, "
        "or the lowest that the sheet allows, which also passes where the theorem does not apply",
    },
    "points": {**COUNT, "default": 401, "help": f"lambdas {DEFAULT}"},
    "head": {
        "metavar": "NAME",
        "help": "the last layer, as model.named_modules() calls it, or several with commas "
        "between; found and verified when not given",
    },
    "batch-norm": {
        "choices": ("interpolate", "recompute"),
        "help": "what becomes of running statistics along the path; to be said for a model with "
        "them",
    },
    "also": {
        "nargs": "*",
        "choices": ("paper", "even", "valley"),
        "default": ["paper", "valley"],
        "help": f"profiles whose paths are constructed over the line {DEFAULT}",
    },
    "farthest": {"type": float, "default": 2.0, "metavar": "ALPHA", "help": DEFAULT},
    "plane": {"choices": ("random", "trajectory"), "default": "random", "help": DEFAULT},
    "normalise": {"choices": ("filter", "layer", "none"), "default": "filter", "help": DEFAULT},
    "reach": {"type": float, "help": "of each axis; 1 when not given"},
    "seed": {"type": within(int, 0, 2**63 - 1), "default": 0, "help": f"of directions {DEFAULT}"},
    "folder": {"type": Path, "help": "keeps finished rows, to go on from"},
    "device": {"help": "cpu, cuda, ...; where the weights are when not given"},
    "memory": {
        "type": size_in_bytes,
        "metavar": "SIZE",
        "help": "what may be used above data and model, as 500MB or 2GiB; when not given 1GB, on a "
        "GPU half of what is free",
    },
    "dtype": {
        "choices": ("float32", "float64"),
        "help": "of the forward pass; the weights' own when not given",
    },
    "tf32": {**YES, "help": "let a GPU use its coarse products"},
    "check": {**COUNT, "help": f"points of the check {DEFAULT}"},
    "prove": {
        **YES,
        "help": "prove, by bounds on whole intervals of lambda, what can be proved of this network",
    },
    "proof": {**FILE, "help": "prove, and save the .npz for `python -m construction.recheck`"},
    "out": {**FILE, "help": f"what is written {DEFAULT}"},
    "json": {
        **YES,
        "help": "print one JSON object instead of the summary; infinite numbers are the strings "
        '"Infinity" and "-Infinity"',
    },
    "quiet": {**YES, "help": "print errors alone, no summary and no progress"},
    "route": {"metavar": "NAME", "help": "of several; the first when not given"},
    "linear": {**YES, "help": "a linear axis for the objectives"},
    "caption": {**YES, "help": "the caption below the figure, not in a .txt of its own beside it"},
    "width": {"type": within(float, 1, 40), "default": 5.5, "metavar": "INCHES", "help": DEFAULT},
    "theme": {"choices": ("dark", "light"), "default": "dark", "help": DEFAULT},
    "no-open": {
        "dest": "open",
        "action": "store_false",
        "help": "write the page, and do not open it",
    },
    "fresh": {
        **YES,
        "help": "compute again, training included, and compare with the earlier or shipped numbers",
    },
    "part": {
        "type": part_of,
        "metavar": "K/N",
        "help": "of a sweep's networks the k-th of n shares, kept for a run without it to join",
    },
    "all": {**YES, "help": "every film there is"},
    "format": {
        "choices": ("mp4", "gif", "webm"),
        "default": "mp4",
        "help": "gif: beside the mp4, 640 pixels across and 12.5 frames a second",
    },
    "quality": {
        "choices": QUALITIES,
        "default": "m",
        "help": "480p15, 720p30 (the default), 1080p60 or 2160p60",
    },
    "aspect": {"choices": ("16:9", "4:3"), "default": "16:9", "help": DEFAULT},
    "run": {"metavar": "RUN", "help": "a named run or a record's file to tell, not the film's own"},
    "jobs": {
        "type": within(int, 1, 1024),
        "default": min(8, os.cpu_count() or 1),
        "metavar": "N",
        "help": f"processes {DEFAULT}",
    },
    "plan": {**FILE, "help": "a lesson plan of your own, .toml"},
}


def add(command: argparse.ArgumentParser, heading: str, names: str, **changes: Any) -> None:
    """Let a command take options, together under a heading of its help.

    Of names with "|" between one alone may be given; `changes` are what `argparse` takes otherwise,
    by the option's name with "_" for "-".
    """
    group = command.add_argument_group(heading)
    for together in names.split():
        either, *others = together.split("|")
        among = group.add_mutually_exclusive_group() if others else group
        for name in (either, *others):
            among.add_argument(
                f"--{name}", **{**OPTIONS[name], **changes.get(name.replace("-", "_"), {})}
            )
