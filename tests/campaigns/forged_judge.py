"""What of a verifier's lines is false, by a look at many points of the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .sheets_by_force import Long, Sheet

#: Lambdas that are looked at on [0, 1], and on one claim or stretch of a target.
WHOLE, PART = 61, 9
INTERVALS = ("condition 1", "right branch", "sheet barrier", "valley")


class Stretch(NamedTuple):
    """Of the target, with the heights that the file holds."""

    branch: str
    known: bool
    knots: np.ndarray
    heights: np.ndarray

    def at(self, lam: float) -> Any:
        return np.interp(np.float64(lam), self.knots, self.heights)


class Judge:
    """Judges one file, as it is after the forger has been at it."""

    def __init__(self, manifest: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        self.sheet, self.manifest = Sheet(manifest, arrays), manifest
        self.stretches = [
            Stretch(
                level["branch"],
                level["known"],
                *(arrays[f"level/{k}/{part}"].astype(np.float64) for part in ("knots", "heights")),
            )
            for k, level in enumerate(manifest["levels"])
        ]
        self.corners = {float(v) for v in arrays["vertices"]}
        for stretch in self.stretches:
            self.corners |= set(stretch.knots.tolist())
        self.start, self.stop = self.sheet.g(0.0, 1.0), self.sheet.g(1.0, 1.0)

    def false(self, lines: list[str]) -> Iterator[str]:
        """Those lines that are not so."""
        for line in lines:
            name, _, rest = line.partition(": ")
            if name == "conclusion":
                wrong = self._conclusion(rest)
            elif rest.startswith("verified"):
                wrong = self._statement(name)
            else:
                wrong = ""
            if wrong:
                yield f"{line}, but {wrong}"

    def _statement(self, name: str) -> str:
        statement = next(one for one in self.manifest["statements"] if one["name"] == name)
        claims = [claim for claim in statement["intervals"] if claim["bound"] > 0]
        if name == "condition 2":
            return "" if self.sheet.zero() < self.start else "L(0) >= L(W(0))"
        if name == "final objective":
            return "" if self.stop < self.start else "L(W(1)) >= L(W(0))"
        if name == "left start":
            return "" if self._starts_left() else "no larger scale is better"
        for claim in claims:
            for lam in self._lams(claim["start"], claim["stop"]):
                if name in ("condition 1", "right branch") and not self.sheet.grows(lam):
                    return f"g does not grow at {lam}"
                if name == "sheet barrier" and not self._below(lam, self.start, claim["scale"]):
                    return f"m >= L(W(0)) at {lam}"
            if name == "valley" and (wrong := self._valley(claim)):
                return wrong
        return ""

    def _valley(self, claim: dict[str, Any]) -> str:
        start, stop = claim["start"], claim["stop"]
        known = [one for one in self.stretches if one.known]
        stretch = next(one for one in known if one.knots[0] <= start < one.knots[-1])
        if claim["touches"] == "start" and stretch.heights[0] > self.sheet.minimum(start)[1]:
            return f"the target is above m at {start}"
        if claim["touches"] == "start" and self.sheet.minimum(start)[1] <= self.stop:
            return f"m is not above L(W(1)) at {start}, where the target touches it"
        for lam in self._lams(start, stop):
            height = stretch.at(lam)
            if claim["touches"]:  # the straight line to what is touched
                near, far = (start, stop) if claim["touches"] == "start" else (stop, start)
                common = self.sheet.minimum(near)[1] if near == start else self.stop
                if lam == near:
                    continue
                share = (Long(lam) - Long(near)) / (Long(far) - Long(near))
                height = (1 - share) * common + share * stretch.at(far)
            if not self._below(lam, height, claim["scale"]):
                return f"m is not below the target at {lam}"
        return ""

    def _conclusion(self, conclusion: str) -> str:
        if conclusion == "nothing follows":
            return ""
        if not self.stop < self.start:
            return "L(W(1)) >= L(W(0))"
        every = self._lams(0.0, 1.0, WHOLE)
        if conclusion.startswith("Theorem 1"):
            if not self.sheet.zero() < self.start:
                return "L(0) >= L(W(0))"
            return "" if all(map(self.sheet.grows, every)) else "g does not grow everywhere"
        if conclusion.startswith("the sheet"):
            if not all(self._below(lam, self.start) for lam in every):
                return "m reaches L(W(0))"
            if self._starts_left() or all(map(self.sheet.grows, every)):
                return ""
            return "neither a left start nor growth everywhere"
        return self._followed()

    def _followed(self) -> str:
        """Whether the target can be followed, stretch by stretch."""
        heights = np.concatenate([one.heights for one in self.stretches])
        joins = [0, *np.cumsum([len(one.heights) for one in self.stretches])[:-1]]
        for k, (a, b) in enumerate(pairwise(heights)):
            if not (a > b or (a == b and k + 1 in joins)):
                return "the target does not fall"
        if not (heights[0] <= self.start and heights[-1] <= self.stop):
            return "the target leads elsewhere"
        best, minimum = self.sheet.minimum(0.0)
        first = self.stretches[0]
        if not first.heights[0] <= minimum:
            beside = best > 1 if first.branch == "left" else best < 1
            if not beside:
                return f"c = 1 is not {first.branch} of {best}"
        for before, after in pairwise(self.stretches):
            lam = float(after.knots[0])
            if before.branch != after.branch and after.heights[0] > self.sheet.minimum(lam)[1]:
                return f"the branches do not meet at {lam}"
        for stretch in self.stretches:
            for lam in self._lams(float(stretch.knots[0]), float(stretch.knots[-1])):
                if not self._touched(lam) and not self._below(lam, stretch.at(lam)):
                    return f"m is not below the target at {lam}"
                if stretch.branch == "right" and not self._reaches(lam, stretch.at(lam)):
                    return f"the right branch ends below the target at {lam}"
                if stretch.branch == "left" and self.sheet.zero() < stretch.at(lam):
                    return f"the left branch ends below the target at {lam}"
        return ""

    def _touched(self, lam: float) -> bool:
        """Whether a claim that touches is about it, which is judged by itself."""
        valleys = (one for one in self.manifest["statements"] if one["name"] == "valley")
        claims = [claim for one in valleys for claim in one["intervals"] if claim["touches"]]
        return any(claim["start"] <= lam <= claim["stop"] for claim in claims)

    def _starts_left(self) -> bool:
        beyond = 1 + np.geomspace(1e-9, 1e6, 400).astype(Long)
        with np.errstate(all="ignore"):
            values = self.sheet.g(0.0, beyond)
        return bool((values < self.start).any())

    def _reaches(self, lam: float, height: Any) -> bool:
        with np.errstate(all="ignore"):
            values = self.sheet.g(lam, self.sheet.scales(lam))
        return self.sheet.grows(lam) or bool((values > height).any())

    def _below(self, lam: float, height: Any, scale: float = 1.0) -> bool:
        """Whether m is below; any scale shows it."""
        return bool(self.sheet.g(lam, scale) < height or self.sheet.minimum(lam)[1] < height)

    def _lams(self, start: float, stop: float, count: int = PART) -> list[float]:
        inside = {lam for lam in self.corners if start <= lam <= stop}
        return sorted(inside | {float(lam) for lam in np.linspace(start, stop, count)})
