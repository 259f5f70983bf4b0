"""A result of `solve` on disk, and what it says that a check of it needs."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError, RecordError
from ..files.user_code import is_reference
from ..record.record import Journey, Record, Route

#: Entries of the manifest's `solve` that a check needs.
NEEDED = {"weights", "path", "data", "loss", "loss_options", "head", "batch_norm", "dtype", "tf32"}


@dataclass(frozen=True)
class Recorded:
    """A record with one constructed path.

    Attributes:
        record: the whole of it.
        route, journey: the path and its sheet.
        origin: the manifest's entry `solve`: what the path was constructed from.
    """

    record: Record
    route: Route
    journey: Journey
    origin: Mapping[str, Any]

    def completed(self, options: Namespace) -> Namespace:
        """The options, with what was not given as it is recorded.

        Files are read again because the record says so, but no code is run for that reason.

        Raises:
            InputError: data or loss come from the user's own code, and have to be given.
        """
        told, files = self.origin, [Path(one["file"]) for one in self.origin["weights"]]
        whole = Namespace(**vars(options))
        whole.initial = options.initial or files[0]
        whole.final = options.final or files[-1]
        if not (options.checkpoint or options.bezier) and told["path"] != "line":
            kind = "bezier" if told["path"] == "bezier" else "checkpoint"
            setattr(whole, kind, files[1:-1])
        if options.data is None:
            whole.data = _no_code("data", told["data"]["source"])
        if options.loss is None:
            (whole.loss,) = _no_code("loss", [told["loss"]])
            whole.loss_option = [*told["loss_options"].items(), *options.loss_option]
        whole.profile = self.journey.profile
        for same in ("head", "batch_norm", "dtype", "tf32"):
            setattr(whole, same, told[same])
        return whole


def recorded(path: Path) -> Recorded:
    """The result in a file.

    Raises:
        RecordError: no record, not one of `solve`, or one without a constructed path.
    """
    record = Record.load(path)
    origin = record.manifest.get("solve")
    if not isinstance(origin, Mapping) or not origin.keys() >= NEEDED:
        raise RecordError(
            f"a record made by `solve` at {path}",
            "one that does not say from which weights it was made",
            "A named run is checked when it is computed; other weights go through `solve`.",
        )
    (route,) = record.routes
    if not route.journeys:
        raise RecordError(
            f"a constructed path in {path}",
            "none, as a condition failed",
            "Solve again with another profile or base path.",
        )
    (journey,) = route.journeys.values()
    return Recorded(record, route, journey, origin)


def _no_code(what: str, sources: list[str]) -> list[str]:
    named = [source for source in sources if is_reference(source)]
    if named:
        raise InputError(
            f"--{what} for {what} from your own code",
            f"only its name in the record, {named[0]}",
            f"Give it again, --{what} {named[0]}, if you trust that code.",
        )
    return sources
