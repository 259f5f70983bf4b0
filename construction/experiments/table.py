"""The kinds of runs, and the named runs of each."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

from ..errors import InputError
from ..record.findings import Findings
from ..record.record import Record
from .interpolation import settings as interpolation
from .landscape import settings as landscape
from .path import settings as path
from .proposition import settings as proposition
from .settings import Settings
from .sweep import settings as sweep
from .trajectory import settings as trajectory


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
        """Its module with ``conduct(settings, stages, report)``; imports torch.

        `stages` has what is finished, and trains; a line is reported of each.
        """
        return import_module(f".{self.folder}.measure", __package__)

    @property
    def words(self) -> ModuleType:
        """Its module with ``finding(result)`` and ``caption(result)``, see `claims`."""
        return import_module(f".{self.folder}.words", __package__)

    @property
    def figure(self) -> ModuleType:
        """Its module with ``draw(result, *, theme, width)``; imports matplotlib.

        The theme is "light" or "dark", the width in inches: an `InputError` where it is too narrow.
        """
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
    if name not in EXPERIMENTS:
        raise InputError(
            f"the name of a run among {', '.join(map(repr, EXPERIMENTS))}",
            repr(name),
            "`python -m construction list` shows them.",
        )
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
    """The entry of these settings' own class.

    >>> kind_of(named("mnist-mlp")).folder
    'path'
    """
    return next(kind for kind in KINDS if kind.settings is type(settings))
