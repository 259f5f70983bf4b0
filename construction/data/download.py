"""Downloads from one of several places, each compared with a checksum."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pooch

from ..errors import DataError
from ..files.storage import ensure_folder


def downloaded(name: str, mirrors: Sequence[str], checksum: str, folder: Path, remedy: str) -> Path:
    """A file in the folder, downloaded unless it is there already.

    Args:
        name: of the file, on the mirrors and in the folder.
        mirrors: addresses before the name, tried in order.
        checksum: as "sha256:..." or "md5:...".
        folder: made if need be.
        remedy: what to do where every mirror fails.

    Raises:
        DataError: every mirror fails.
        CacheError: the folder cannot be written.
    """
    failures = []
    ensure_folder(folder)
    for mirror in mirrors:
        try:
            found = pooch.retrieve(
                f"{mirror}{name}", known_hash=checksum, fname=name, path=folder, progressbar=True
            )
            return Path(found)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors; ValueError: hash
            failures.append(f"{mirror}: {type(error).__name__}")
    places = "1 mirror" if len(mirrors) == 1 else f"one of {len(mirrors)} mirrors"
    raise DataError(f"to download {name} from {places}", "; ".join(failures), remedy)
