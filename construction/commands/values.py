"""Values on the command line that are more than a word; what makes no sense ends with 2."""

from __future__ import annotations

import argparse
import json
import re
from typing import Any

BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
BYTES |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def json_arguments(text: str) -> dict[str, Any] | list[Any]:
    """Arguments by name or in order.

    >>> json_arguments('{"width": 64}')
    {'width': 64}
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from error
    if not isinstance(given, dict | list):
        raise argparse.ArgumentTypeError(
            f"""expected '{{"name": value}}' or '[value]', found {text}"""
        )
    return given


def key_number(text: str) -> tuple[str, float]:
    """A name and its number.

    >>> key_number("delta=0.5")
    ('delta', 0.5)
    """
    key, found, value = text.partition("=")
    try:
        return key, float(value if found else "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected KEY=NUMBER, found {text!r}") from error


def size_in_bytes(text: str) -> int:
    """A size with or without a unit.

    >>> size_in_bytes("2GiB"), size_in_bytes("500 MB")
    (2147483648, 500000000)
    """
    found = re.fullmatch(r"\s*([0-9.]+)\s*([a-zA-Z]*)\s*", text)
    try:
        size = float(found[1]) * BYTES[found[2].upper()] if found else 0.0
    except (ValueError, KeyError):
        size = 0.0
    if size < 1:
        raise argparse.ArgumentTypeError(f"expected a size such as 500MB or 2GiB, found {text!r}")
    return int(size)
