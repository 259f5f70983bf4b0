"""Settings of a run: what every kind has in common, and the names of batch norm's treatments."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from ..files.archive import FORMAT
from ..files.storage import digest_of
from ..training.recipe import Recipe


@dataclass(frozen=True)
class Settings:
    """All that decides a result; each kind of run has a subclass, a frozen dataclass.

    Fields are plain values, tuples, and recipes.

    Attributes:
        title: what the result is of, shown in footers.
        takes: about how long the run takes on two cores.
    """

    #: Bump when unchanged settings give different results. Results are cached under it and not
    #: under the package's version, as most of them stay the same from one version to the next.
    revision: ClassVar[int] = 1
    #: Threads that measure on whatever machine, as their number decides the rounding; None for as
    #: many as there are. A training has one.
    threads: ClassVar[int | None] = 1
    #: Whether its networks have nothing to do with each other, so that jobs may share them out.
    divides: ClassVar[bool] = False
    #: Fields that the kind no longer has, with the one value that its runs had: results found
    #: under them are the same still, and keep their names.
    retired: ClassVar[Mapping[str, Any]] = {}

    title: str
    takes: str = field(default="", kw_only=True)

    @property
    def digest(self) -> str:
        """Names the result; `title` and `takes` do not count.

        >>> Settings("One title").digest == Settings("Another", takes="1 s").digest
        True
        """
        code = {"format": FORMAT, "training": Recipe.revision, "revision": self.revision}
        whole = {"kind": type(self).__name__, "code": code, **asdict(self), **self.retired}
        return digest_of(whole | {"title": "", "takes": ""})

    @property
    def lines(self) -> int | None:
        """How many lines its run reports, for a film's bar; None where that is not said."""
        return None

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets it needs: every field named `data`, those of recipes included."""
        return tuple(dict.fromkeys(_data_in(asdict(self))))


def _data_in(entries: Any) -> Iterator[str]:
    if isinstance(entries, Mapping):
        for key, value in entries.items():
            yield from [value] if key == "data" else _data_in(value)
    elif isinstance(entries, list | tuple):
        for value in entries:
            yield from _data_in(value)


#: What happens to batch normalisation along the line: running statistics are interpolated like
#: weights; or measured anew at each lambda; or each batch is normalised by its own statistics; or
#: the network has no batch normalisation.
Treatment = Literal["interpolate", "recompute", "batch", "none"]
TREATMENTS: tuple[Treatment, ...] = ("interpolate", "recompute", "batch")
