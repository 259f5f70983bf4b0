"""What a proof holds: the weights, the data, the network, the target and the claims.

Everything is of one type, in its range, and of a shape that fits the rest once it is here.
"""

import math
from bisect import bisect_right
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .archive import Archive, UnreadableError, taken
from .layers import read_steps

Array = NDArray[np.float64]

#: Most lambdas of a path or of a stretch of a target.
ROW = 2**20
#: Of files that this program understands.
FORMAT = 3
#: Statements about one lambda, and about all of an interval.
POINTS = ("condition 2", "final objective", "left start")
INTERVALS = ("condition 1", "right branch", "sheet barrier", "valley")


class RefusedError(Exception):
    """A claim that is not so, or does not follow."""


class Claim(NamedTuple):
    """What is said of one interval of lambda.

    Attributes:
        start, stop: its ends.
        bound: by how much the inequality holds, as it is said: where positive, it is claimed that
            it holds; by how much is not compared.
        sample, plus, minus: the witness, and the two of its outputs (-1: the number 0) whose
            difference stays positive.
        scale, low: the c at which the objective is taken; c* lies between both where they differ.
        touches: "start" or "stop" where the target is m, or L(W(1)), itself there; else empty.
    """

    start: float
    stop: float
    bound: float
    sample: int
    plus: int
    minus: int
    scale: float
    low: float
    touches: str

    @property
    def proved(self) -> bool:
        """Whether it is claimed at all."""
        return self.bound > 0


class Level(NamedTuple):
    """A stretch of the target, straight between its knots.

    Attributes:
        branch: on which it is followed, "left" or "right".
        known: whether it is a function of its own, and not the objective at a scale.
        knots, heights: lambdas and values.
    """

    branch: str
    known: bool
    knots: tuple[float, ...]
    heights: tuple[float, ...]

    def at(self, lam: float) -> Fraction:
        """The exact height."""
        k = min(bisect_right(self.knots, lam), len(self.knots) - 1) - 1
        return between(self.knots[k : k + 2], self.heights[k : k + 2], lam)


def between(lams: tuple[float, ...], heights: tuple[float, ...], lam: float) -> Fraction:
    """The exact height, at a lambda, of the straight line through two points."""
    (left, right), (low, high) = map(Fraction, lams), map(Fraction, heights)
    return low + (high - low) * (Fraction(lam) - left) / (right - left)


class File:
    """A proof that `construction.save_proof` wrote.

    Attributes:
        vertices: lambdas of the corners of the path.
        inputs, targets: of all samples.
        loss, options: its name and numbers.
        steps, outputs: the network, and how many outputs it has.
        levels: the target, stretch by stretch.
        statements: their claims by name.

    Raises:
        UnreadableError: anything missing, of another kind, or that does not fit.
        RefusedError: a path or a target in pieces that do not join.
    """

    def __init__(self, path: str) -> None:
        with Archive(path) as archive:
            manifest = archive.manifest()
            if taken(manifest, "format", int) != FORMAT:
                raise UnreadableError(f"the format {manifest['format']}, not {FORMAT}")
            names = taken(manifest, "arrays", list)
            if not all(isinstance(name, str) for name in names):
                raise UnreadableError("names of arrays that are no text")
            self._arrays = archive.arrays(names)
        self.vertices = self._row("vertices")
        self.inputs = self.array("inputs").astype(np.float64, copy=False)
        self.targets = self.array("targets")
        if not (self.inputs.size and self.targets.size) or len(self.inputs) != len(self.targets):
            raise UnreadableError("not as many targets as inputs, or none")
        self.loss = taken(manifest, "loss", str)
        options = taken(manifest, "loss_options", dict)
        self.options = {key: taken(options, key, float) for key in options}
        shapes = self._shapes()
        self.steps, self.tile = read_steps(taken(manifest, "steps", list), self.inputs, shapes)
        (self.outputs,) = self.steps[-1].shape
        self._require_head(manifest)
        levels = taken(manifest, "levels", list)
        self.levels = [self._level(k, entry) for k, entry in enumerate(levels)]
        self.statements: dict[str, list[Claim]] = {}
        for entry in taken(manifest, "statements", list):
            name = taken(entry, "name", str)
            if name not in (*POINTS, *INTERVALS):
                raise UnreadableError(f"a statement {name!r}, which this program does not know")
            if name in self.statements:
                raise UnreadableError(f"two statements of the name {name!r}")
            self.statements[name] = [self._claim(one) for one in taken(entry, "intervals", list)]
        self._require_one_piece()

    @property
    def summary(self) -> str:
        """What the statements are about."""
        kinds = [
            f"{step.weight.removesuffix('.weight')} {self.weights(step.weight, 0).shape}"
            if step.weight
            else step.kind.replace("_", " ")
            for step in self.steps[1:]
        ]
        samples, segments = len(self.inputs), len(self.vertices) - 1
        return (
            f"{self.loss.replace('_', ' ')} on {samples} samples; straight pieces of the path: "
            f"{segments}; network: {', '.join(kinds)}"
        )

    def array(self, name: str) -> NDArray[Any]:
        """By name; an UnreadableError if there is none, or it is a number without dimension."""
        array = self._arrays.get(name)
        if array is None or not array.ndim:
            raise UnreadableError(f"no array {name!r}")
        return array

    def weights(self, name: str, vertex: int) -> Array:
        """An entry at a vertex of the path."""
        return self.array(f"weights/{vertex}/{name}").astype(np.float64, copy=False)

    def segment_of(self, left: float, right: float) -> int:
        """The segment on which both lambdas lie; refuses those that lie on none."""
        low, high = min(left, right), max(left, right)
        for k, (start, stop) in enumerate(pairwise(self.vertices)):
            if start <= low and high <= stop:
                return k
        raise RefusedError(f"[{low}, {high}] runs over a vertex of the path")

    def _row(self, name: str) -> tuple[float, ...]:
        values = self.array(name)
        if values.ndim != 1 or not 2 <= len(values) <= ROW:
            raise UnreadableError(f"{name!r} of the shape {values.shape}")
        return tuple(map(float, values))

    def _level(self, k: int, entry: Any) -> Level:
        knots, heights = self._row(f"level/{k}/knots"), self._row(f"level/{k}/heights")
        branch, known = taken(entry, "branch", str), taken(entry, "known", bool)
        if branch not in ("left", "right") or len(knots) != len(heights):
            raise UnreadableError(f"stretch {k} of a target without a branch or with odd heights")
        return Level(branch, known, knots, heights)

    def _claim(self, entry: Any) -> Claim:
        fields = {key: taken(entry, key, kind) for key, kind in Claim.__annotations__.items()}
        if fields["touches"] not in ("", "start", "stop"):
            raise UnreadableError(f"a claim that touches at {fields['touches']!r}")
        return Claim(**fields)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Of the entries of the weights, the same at all vertices."""
        shapes: dict[str, dict[str, tuple[int, ...]]] = {}
        for place, array in self._arrays.items():
            kind, _, rest = place.partition("/")
            vertex, _, name = rest.partition("/")
            if kind == "weights":
                shapes.setdefault(vertex, {})[name] = array.shape
        first = shapes.get("0", {})
        if any(shapes.get(str(k)) != first for k in range(len(self.vertices))):
            raise UnreadableError("weights whose names or shapes differ along the path")
        return first

    def _require_head(self, manifest: Any) -> None:
        """Its entries times c are outputs times c: `powers` of c are followed from step to step.

        Where the file names none, as older ones, they are those of the last layer.
        """
        last = ([step.weight, step.bias] for step in reversed(self.steps) if step.weight)
        head = taken(manifest, "head", list) if "head" in manifest else next(last, [])
        head = [name for name in head if name]  # an empty one is of steps without weights
        powers: list[float] = []
        for step in self.steps:
            found = {powers[k] + (step.weight in head) for k in step.reads} or {0.0}
            found |= {float(step.bias in head)} if step.bias else set()
            powers.append(found.pop() if len(found) == 1 else math.nan)
        if powers[-1] != 1:
            raise RefusedError(f"outputs that are not c times as large where {head} are")

    def _require_one_piece(self) -> None:
        """The path runs from 0 to 1, and so does the target, each in one piece."""
        if not _runs(self.vertices, 0.0, 1.0):
            raise RefusedError(f"vertices {self.vertices} that do not increase from 0 to 1")
        start = 0.0
        for k, level in enumerate(self.levels):
            stop = 1.0 if k == len(self.levels) - 1 else level.knots[-1]
            if not _runs(level.knots, start, stop):
                raise RefusedError(f"stretch {k} of a target, which does not go on from the last")
            start = stop


def _runs(lams: tuple[float, ...], first: float, last: float) -> bool:
    """Whether lambdas strictly increase from the first to the last."""
    rising = all(a < b for a, b in pairwise(lams))
    return rising and lams[0] == first and lams[-1] == last
