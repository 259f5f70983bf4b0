"""The constructed path: what `construct` returns, checked, proved and recorded on request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..answers import Certificate, Conditions
from ..arrays import Array
from ..check import certify
from ..errors import InputError, door, enough_memory
from ..forward.forward import Forward
from ..profile import Target
from ..proof.prover import prove as prove_path
from ..record.record import Record, in_html, in_words, table
from ..record.route import Journey, Route
from ..sheet.moments import SquaredSheet
from ..sheet.sheet import Levels, RecordedSheet, Sheet
from ..solve.scaled_path import ScaledPath
from .sampled import Few, sample_along

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class MonotonePath(ScaledPath):
    """Weights for s in [0, 1] along which the objective strictly decreases, and all about them.

    `construct` makes it. `weights(s)` and `at(s)` give any point of it, solved on the spot.

    Attributes:
        lam, s: the grid of lambda while travelling, from 0 to 1, and where it lies in s, (points,).
        scale, target, objective: c(lambda), v(lambda), g(lambda, c(lambda)), (points,).
        empirical: g(lambda, 1), the objective on the base path itself, (points,).
        minimum, best_scale: m(lambda) and c*(lambda), (points,).
        zero_objective, initial_objective, final_objective: L(0), L(W(0)), L(W(1)).
        phases: "shrink", "travel" and "descend", in order of s.
        conditions: conditions 1 and 2 and the sheet barrier, with values.
        certificate: of the last `certify`, None before.
        profile: the target that is followed.
        sheet, levels: what was measured on the grid, and its ends' objectives as excess over L(0).
        forward: the network along the base path.
        dtype, head, served: the type of its forward pass, the name of the layer that is rescaled,
            and which method gave the outputs, and why.

    All arrays are float64. At the lambda of a shrink they hold the values after it.
    """

    @door()
    def __init__(
        self,
        forward: Forward,
        sheet: Sheet,
        levels: Levels,
        conditions: Conditions,
        profile: Target,
    ) -> None:
        super().__init__(forward, sheet, levels, profile)
        self.conditions = conditions
        self.certificate: Certificate | None = None

    @enough_memory()
    @door()
    def certify(self, points: int = 1001, *, prove: bool = True) -> Certificate:
        """Check the path with the user's own model in float64, and prove what can be proved.

        What is proved becomes the verdict of `conditions`.

        Args:
            points: values of s, at least 5; see `construction.check`.
            prove: whether a proof is attempted (`construction.proof`); where none can be had, it
                says why. It takes about 64 bytes a weight, three times what the check takes.

        Raises:
            InputError: fewer than 5 points, or a model that does not run in float64.
        """
        self.certificate = certify(self, points)
        if prove:
            proof = prove_path(self)
            self.certificate = replace(self.certificate, proof=proof)
            self.conditions = self.conditions.proved(proof)
        return self.certificate

    @door()
    def record(
        self,
        name: str = "",
        labels: Sequence[str] = (),
        *,
        sample: Few | None = None,
        held_out: bool | None = None,
    ) -> Record:
        """All that was measured and solved, without the network.

        Args:
            name: of the route; when empty "line" for a `Line`, "polyline" or "path" for others.
            labels: one for each vertex of the base path; its ends are labelled when none are given.
            sample: a few inputs and targets, at which the film shows the network: see
                `construction.record.sample`. Inputs that are images come as (samples, rows,
                columns), or with one or three channels before the rows.
            held_out: whether the network was not trained on them.

        Raises:
            InputError: another number of labels than vertices, arguments of other types; or a
                sample that cannot be used, see `construction.theorem.sampled.sample_along`.
        """
        journeys = {self.profile.name: self._journey}
        record = record_of_sheet(self.forward, self.sheet, self.conditions, journeys, name, labels)
        if sample is None:
            return record
        kept = sample_along(self.forward, self.sheet.lam, sample, held_out=held_out)
        return Record((replace(record.routes[0], sample=kept),))

    def table(self) -> dict[str, Array]:
        """The numbers on the grid by name, (points,) each, ready for ``pandas.DataFrame``."""
        return table(self.sheet, self._journey)

    def plot(self, **options: Any) -> "Figure":
        """A figure of the path; options are those of `construction.record.record.Record.plot`."""
        return self.record().plot(**options)

    def __repr__(self) -> str:
        return f"MonotonePath, {in_words(self.sheet, self._journey, self.conditions)}"

    def _repr_html_(self) -> str:
        return in_html(replace(self.record().routes[0], name="MonotonePath"))

    @property
    def _journey(self) -> Journey:
        followed = (self.profile.name, self.scale, self.target, self.objective)
        return Journey(*followed, self.phases, self.certificate)


def record_of_sheet(
    forward: Forward,
    sheet: Sheet,
    conditions: Conditions,
    journeys: Mapping[str, Journey] | None = None,
    name: str = "",
    labels: Sequence[str] = (),
) -> Record:
    """The record of a sheet, also of one that holds no path; see `MonotonePath.record`."""
    base = forward.user_path
    name = name or {"Line": "line", "Polyline": "polyline"}.get(type(base).__name__, "path")
    places = [float(lam) for lam in getattr(base, "vertices", (0.0, 1.0))]
    if not labels:
        labels = ["initial", *[f"vertex {k}" for k in range(1, len(places) - 1)], "final"]
    if len(labels) != len(places):
        raise InputError(f"{len(places)} labels", f"{len(labels)}", "Give one a vertex.")
    route = Route(
        name,
        tuple(zip(places, labels, strict=True)),
        sheet if isinstance(sheet, SquaredSheet) else RecordedSheet.of(sheet),
        conditions,
        journeys or {},
        forward.loss.name,
        forward.batch_norm,
        str(forward.served),
        sum(parameter.numel() for parameter in forward.user_model.parameters()),
    )
    return Record((route,))
