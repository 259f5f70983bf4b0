"""``plot``: a figure of a saved result, or of a named run. Needs no torch."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path

from ..errors import InputError
from ..record import Record
from ..settings import EXPERIMENTS, Experiment, record_path
from . import Exit


def execute(options: Namespace) -> Exit:
    """Draw the figure and say where it lies.

    Raises:
        ConstructionError: no such record, route or profile, or a figure that cannot be written.
    """
    if find_spec("matplotlib") is None:
        raise InputError(
            "matplotlib, which draws figures", "that it is missing", "pip install matplotlib."
        )
    from ..figure.draw import draw, save

    named = options.result in EXPERIMENTS and not Path(options.result).exists()
    if named and not isinstance(EXPERIMENTS[options.result], Experiment):
        raise InputError(
            "a run that constructs paths", repr(options.result), "`list` shows the others."
        )
    place = record_path(options.result) if named else Path(options.result)
    record = Record.load(place)
    route = record.routes[0] if options.route is None else record.route(options.route)
    figure = draw(
        route,
        record.manifest,
        profiles=options.profile,
        theme=options.theme,
        width=options.width,
        linear=options.linear,
    )
    out = options.out or Path(f"{options.result if named else place.stem}.pdf")
    print(save(figure, out))
    return Exit.DONE
