"""Findings: what a run that constructs no path has measured, as named arrays and a manifest.

They lie on disk as `construction.files.archive` says and are read without torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError
from ..files import archive


@dataclass(frozen=True)
class Findings:
    """Arrays by name, and a manifest that says how they came about.

    Attributes:
        arrays: of finite numbers, integer or floating, of any shape. A name has parts between
            slashes, the first of which may be that of a stage: "adam/train_objective".
        manifest: plain JSON values: title, settings, versions, checksums, and what a kind adds.

    >>> import numpy as np
    >>> line = Findings({"objective": np.array([2.0, 0.5])}, {"seed": 3})
    >>> both = joined({"adam": line, "sgd": line})
    >>> both["sgd/objective"].tolist(), both.part("sgd").manifest
    ([2.0, 0.5], {'seed': 3})
    """

    arrays: Mapping[str, NDArray[Any]]
    manifest: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """An array.

        Raises:
            InputError: none of that name.
        """
        if name not in self.arrays:
            raise InputError(
                f"one of the arrays {', '.join(self.arrays)}", repr(name), "Ask for one of these."
            )
        return self.arrays[name]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names that `joined` gave."""
        return tuple(self.manifest.get("parts", ()))

    def part(self, name: str) -> Findings:
        """What was joined under that name.

        Raises:
            InputError: nothing was.
        """
        if name not in self.parts:
            raise InputError(
                f"one of the parts {', '.join(self.parts)}", repr(name), "Ask for one of these."
            )
        arrays = {
            key.removeprefix(f"{name}/"): array
            for key, array in self.arrays.items()
            if key.startswith(f"{name}/")
        }
        return Findings(arrays, self.manifest["parts"][name])

    def save(self, path: str | Path) -> Path:
        """Write them whole, or nothing.

        Raises:
            CacheError: the folder cannot be written.
            InputError: an array holds NaN or infinity.
        """
        path = Path(path)
        archive.write(path, self.arrays, {**self.manifest, "findings": True})
        return path

    @classmethod
    def load(cls, path: str | Path) -> Findings:
        """Read findings and check them.

        Raises:
            RecordError: they are missing, damaged, truncated, of another format, or no findings.
        """
        path = Path(path)
        arrays, manifest = archive.read(path)
        try:
            del manifest["findings"]
        except KeyError as error:
            raise archive.damaged(path, error) from error
        return cls(arrays, manifest)

    def described(self, **entries: Any) -> Findings:
        """The same findings with more entries in the manifest."""
        return replace(self, manifest={**self.manifest, **entries})


def joined(
    parts: Mapping[str, Findings], arrays: Mapping[str, NDArray[Any]] | None = None
) -> Findings:
    """One of several: arrays get the name of their part before a slash, manifests come together.

    Args:
        parts: by names without a slash.
        arrays: of the whole, besides.
    """
    gathered = dict(arrays or {})
    for name, part in parts.items():
        gathered |= {f"{name}/{key}": array for key, array in part.arrays.items()}
    return Findings(gathered, {"parts": {name: dict(x.manifest) for name, x in parts.items()}})
