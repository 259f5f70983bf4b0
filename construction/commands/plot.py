"""``plot``: a figure of a saved result, or of a named run. Needs no torch."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import InputError
from ..experiments.kept import from_file, result_of
from ..experiments.table import EXPERIMENTS, kind_of, named
from ..record.record import Record
from . import Exit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..experiments.kept import Result


def execute(options: Namespace) -> Exit:
    """Draw the figure and say where it lies.

    Raises:
        ConstructionError: no such record, route or profile, or a figure that cannot be written.
    """
    if find_spec("matplotlib") is None:
        raise InputError(
            "matplotlib, which draws figures", "that it is missing", "pip install matplotlib."
        )
    from ..draw.path import save

    by_name = options.result in EXPERIMENTS and not Path(options.result).exists()
    if by_name:
        _require_figure(options.result)
    result = result_of(options.result) if by_name else from_file(Path(options.result))
    stem = options.result if by_name else Path(options.result).stem
    print(save(_drawn(result, options), options.out or Path(f"{stem}.pdf")))
    return Exit.DONE


def _require_figure(name: str) -> ModuleType:
    """The module that draws what a named run finds."""
    module = kind_of(named(name)).figure
    if module is None:
        raise InputError("a run that has a figure", repr(name), "`list` shows the others.")
    return module


def _drawn(result: Result, options: Namespace) -> Figure:
    if isinstance(result, Record):
        from ..draw.path import draw

        route = result.routes[0] if options.route is None else result.route(options.route)
        return draw(
            route,
            result.manifest,
            profiles=options.profile,
            theme=options.theme,
            width=options.width,
            linear=options.linear,
        )
    name = str(result.manifest["name"])
    asked = [flag for flag in ("route", "profile", "linear") if getattr(options, flag)]
    if asked:
        raise InputError(
            f"--{asked[0]} for a record of constructed paths",
            f"the run {name!r}",
            "Leave it out.",
        )
    drawn: Figure = _require_figure(name).draw(result, theme=options.theme, width=options.width)
    return drawn
