"""What the settings of every kind of run have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from ..files.archive import FORMAT
from ..files.storage import digest_of
from ..training.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """All that decides a result.

    Each kind of run is a frozen dataclass below this one, of plain values, tuples, and recipes.

    Attributes:
        title: what the result is of, shown in footers.
        takes: about how long it takes on two cores.
    """

    #: Raised whenever the same settings come to other numbers, by whatever in the package. Results
    #: are kept under it and not under the package's version, with which few of them change.
    revision: ClassVar[int] = 1

    title: str
    takes: str = field(default="", kw_only=True)

    @property
    def digest(self) -> str:
        """Names the result; `title` and `takes` do not count.

        >>> Settings("One title").digest == Settings("Another", takes="1 s").digest
        True
        """
        code = {"format": FORMAT, "training": Recipe.revision, "revision": self.revision}
        whole = {"kind": type(self).__name__, "code": code, **asdict(self)}
        return digest_of(whole | {"title": "", "takes": ""})

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets it takes: all entries named `data`, of recipes too."""
        return tuple(dict.fromkeys(_data_in(asdict(self))))


def _data_in(entries: Any) -> Iterator[str]:
    if isinstance(entries, Mapping):
        for key, value in entries.items():
            yield from [value] if key == "data" else _data_in(value)
    elif isinstance(entries, list | tuple):
        for value in entries:
            yield from _data_in(value)


#: What becomes of batch normalisation along the line: running statistics lie on it like weights, or
#: are measured anew at each lambda, or none are kept and each batch is normalised by its own; or
#: there is none to treat.
Treatment = Literal["interpolate", "recompute", "batch", "none"]


TREATMENTS: tuple[Treatment, ...] = ("interpolate", "recompute", "batch")
