"""The files that the hash of a run's settings names."""

from __future__ import annotations

from pathlib import Path

from ..record.storage import cache_folder
from .registry import named


def record_path(name: str) -> Path:
    """Where the result of a named run is cached.

    Raises:
        InputError: no run of that name.
    """
    return cache_folder() / "records" / f"{name}-{named(name).digest}.npz"


def part_path(place: Path, stage: str) -> Path:
    """Where a finished stage of a run is kept until the result at `place` is written.

    >>> part_path(Path("tiny-0123.npz"), "line").name
    'tiny-0123-line.part.npz'
    """
    return place.with_name(f"{place.stem}-{stage}.part.npz")


def parts(place: Path) -> list[Path]:
    """Stages of an interrupted run."""
    return list(place.parent.glob(f"{place.stem}-*.part.npz"))
