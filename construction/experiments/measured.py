"""What `interpolate`, `trajectory` and `surface` return: numbers, words and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..record.findings import Findings, joined
from .table import in_words, kind_of_findings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..draw.figure import Theme


@dataclass(frozen=True, repr=False)
class Measured:
    """What was measured of a network of one's own; printed, it says what was found.

    Attributes:
        findings: arrays, by name or by part, and a manifest of plain values.
    """

    findings: Findings

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The array of that name; an InputError names those that there are."""
        return self.findings[name]

    def part(self, name: str) -> Findings:
        """The arrays and the manifest of one part, as of one treatment of batch norm."""
        return self.findings.part(name)

    @classmethod
    def of(cls, parts: Mapping[str, Findings], **manifest: Any) -> Measured:
        """Of these parts, with what is said of them."""
        return cls(in_words(joined(parts).described(**manifest)))

    @property
    def finding(self) -> str:
        """What was found, in sentences: in brackets what was measured."""
        return str(self.findings.manifest["finding"])

    def table(self) -> dict[str, list[str]]:
        """The numbers in words, a column a name, ready for ``pandas.DataFrame``."""
        heads, *rows = kind_of_findings(self.findings).words.rows(self.findings)
        return {head: [row[k] for row in rows] for k, head in enumerate(heads)}

    def plot(self, *, theme: Theme = "light", width: float = 5.5) -> Figure:
        """The figure, so many inches wide; `record().manifest["caption"]` is its caption."""
        module = kind_of_findings(self.findings).figure
        figure: Figure = module.draw(self.findings, theme=theme, width=width)
        return figure

    def record(self) -> Findings:
        """What ``python -m construction plot`` and the films read, once it is saved."""
        return self.findings

    def __repr__(self) -> str:
        columns = [[head, *cells] for head, cells in self.table().items()]
        padded = ([cell.ljust(max(map(len, cells))) for cell in cells] for cells in columns)
        lines = ["  ".join(row).rstrip() for row in zip(*padded, strict=True)]
        return "\n".join([f"{self.findings.manifest['title']}. {self.finding}", *lines])
