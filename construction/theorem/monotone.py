"""The constructed path: what `construct` returns, checked, proved and recorded on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..answers.certificate import Certificate
from ..answers.conditions import Conditions
from ..check.certify import certify
from ..forward.forward import Forward
from ..profile.target import Target
from ..proof.prover import prove as prove_path
from ..record.record import Record, record_of
from ..sheet.levels import Levels
from ..sheet.sheet import Sheet
from ..solve.scaled_path import ScaledPath


class MonotonePath(ScaledPath):
    """Weights for s in [0, 1] along which the objective only goes down.

    Arguments and attributes are those of `construction.solve.scaled_path.ScaledPath`, and:

    Attributes:
        conditions: conditions 1 and 2 and the sheet barrier, with values.
        certificate: of the last `certify`, None before.
    """

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

    def certify(self, points: int = 1001, *, prove: bool = True) -> Certificate:
        """Check the path with the user's own model in float64, and prove what can be proved.

        What is proved becomes the verdict of `conditions`.

        Args:
            points: values of s, at least 5; see `construction.check.certify`.
            prove: whether a proof is attempted (`construction.proof`); where none can be had, it
                says why.

        Raises:
            InputError: fewer than 5 points, or a model that does not run in float64.
        """
        self.certificate = certify(self, points)
        if prove:
            proof = prove_path(self)
            self.certificate = replace(self.certificate, proof=proof)
            self.conditions = self.conditions.proved(proof)
        return self.certificate

    def record(self, name: str = "", labels: Sequence[str] = ()) -> Record:
        """All that was measured and solved, without the network.

        Args:
            name, labels: see `construction.record.record.record_of`.
        """
        return record_of(self, self.conditions, self.certificate, name=name, labels=labels)
