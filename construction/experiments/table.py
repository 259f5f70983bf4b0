"""The kinds of runs, the named runs of each, and what was measured as a user sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from ..errors import require_one_of
from ..record.findings import Findings, joined
from ..record.record import Record
from .interpolation import settings as interpolation
from .landscape import settings as landscape
from .path import settings as path
from .proposition import settings as proposition
from .settings import Settings
from .sweep import settings as sweep
from .trajectory import settings as trajectory

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..draw.figure import Theme


class Kind(NamedTuple):
    """A kind of run: its settings, and the folder that holds the rest of it.

    Attributes:
        folder: its name, beside this file; two kinds that measure alike share one.
        settings: the class of its settings.
        runs: its named runs.
        result: the class of what it measures, read without torch.
    """

    folder: str
    settings: type[Settings]
    runs: Mapping[str, Settings]
    result: type[Record] | type[Findings] = Findings

    @property
    def measure(self) -> ModuleType:
        """Its module with ``conduct(settings, stages, report)``, see `stages`; imports torch."""
        return import_module(f".{self.folder}.measure", __package__)

    @property
    def words(self) -> ModuleType:
        """Its module with ``finding(result)`` and ``caption(result)``, see `claims`."""
        return import_module(f".{self.folder}.words", __package__)

    @property
    def figure(self) -> ModuleType:
        """Its module with ``draw(result, *, theme, width)``, inches wide; imports matplotlib."""
        return import_module(f".{self.folder}.figure", __package__)


#: In the order in which `list` shows them.
KINDS = (
    Kind("path", path.Experiment, path.RUNS, Record),
    Kind("proposition", proposition.Proposition, proposition.RUNS),
    Kind("interpolation", interpolation.Interpolation, interpolation.RUNS),
    Kind("trajectory", trajectory.Trajectory, trajectory.RUNS),
    Kind("landscape", landscape.Landscape, landscape.RUNS),
    Kind("interpolation", interpolation.Plateau, interpolation.PLATEAUS),
    Kind("sweep", sweep.Sweep, sweep.RUNS),
)

#: What the manifest of findings may name as their `kind`, where no named run found them.
FOLDERS = {kind.folder for kind in KINDS}
EXPERIMENTS: dict[str, Settings] = {
    name: settings for kind in KINDS for name, settings in kind.runs.items()
}


def named(name: str) -> Settings:
    """The settings of a named run; an InputError if no run has that name."""
    require_one_of(EXPERIMENTS, name, "the name of a run")
    return EXPERIMENTS[name]


def kind_of_findings(findings: Findings) -> Kind:
    """The entry of the named run that found them, or of the function that a user called."""
    name = findings.manifest.get("name")
    if name in EXPERIMENTS:
        return kind_of(EXPERIMENTS[name])
    return next(kind for kind in KINDS if kind.folder == findings.manifest.get("kind"))


def in_words(findings: Findings) -> Findings:
    """With a `finding` and a `caption` in the manifest, by the words of their kind."""
    words = kind_of_findings(findings).words
    return findings.described(finding=words.finding(findings), caption=words.caption(findings))


def kind_of(settings: Settings) -> Kind:
    """The entry of these settings' own class."""
    return next(kind for kind in KINDS if kind.settings is type(settings))


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
    def of(cls, parts: Mapping[str, Findings], **manifest: Any) -> "Measured":
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

    def plot(self, *, theme: "Theme" = "light", width: float = 5.5) -> "Figure":
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
