"""A network as columns of units, a sample of each layer, with the last layer's weights as edges."""

from itertools import pairwise

import numpy as np
from manim import DOWN, Circle, Line, ManimColor, VGroup, interpolate_color

from construction.arrays import Array
from construction.palette import Palette
from construction.record.sample import Sample
from scenes.mobjects.formula import words
from scenes.mobjects.sample import Digits
from scenes.mobjects.shapes import Quads
from scenes.style import SMALL, THIN, Ends

#: Widths in the frame of an edge of the largest weight at c = 1, and of any edge; of hidden edges.
WIDEST, CAP, HIDDEN = 0.045, 0.13, 0.022
#: How clear edges of hidden layers are.
FAINT = 0.45


class LastLayer(VGroup):
    """Edges from units to outputs, at (units, 2) and (outputs, 2): positive ones on top.

    Attributes:
        head: weights times c that are drawn now, (outputs, units).
        widest: width of an edge of weight 1.
    """

    def __init__(self, sample: Sample, before: Array, after: Array, palette: Palette) -> None:
        super().__init__(Quads(palette.negative, 0.9), Quads(palette.ink, 0.75))
        self.sample, self.before, self.after = sample, before, after
        self.widest = WIDEST / float(np.abs(sample.head).max() or 1.0)

    def show_scale(self, lam: float, c: float) -> None:
        """The head at a lambda, multiplied by c."""
        self.head = c * self.sample.units_at(self.sample.head, lam)
        for edges, sign in zip(self, (-1, 1), strict=True):
            width = np.clip(self.widest * sign * self.head, 0, CAP)
            edges.show_edges(self.before, self.after, width)


class Network(VGroup):
    """Columns of units: of each hidden layer some, of the last all outputs.

    A unit is the brighter, the more it gives to the next layer, as a share of the largest of its
    layer. The edges to the outputs are as wide as their weight times c, up to a cap, and have the
    colour of its sign; those between hidden layers are as wide as theirs. Columns stand from left
    to right, the outputs' last; `span` has the lowest and the highest unit.

    Attributes:
        edges: the last layer.
        hidden, units: what depends on lambda alone.
        rows: heights of the outputs, the first on top.
    """

    def __init__(
        self, sample: Sample, columns: tuple[float, ...], span: Ends, palette: Palette
    ) -> None:
        super().__init__()
        layers = sample.layers[-(len(columns) - 1) :]
        self.sample, self.palette, self.shown = sample, palette, layers
        counts = [*[len(layer.shown) for layer in layers], len(sample.classes)]
        columns = columns[len(columns) - len(counts) :]
        step = (span[1] - span[0]) / (max(counts) - 1 or 1)
        self.radius = min(0.14, 0.38 * step)
        self.places = [_column(x, count, span) for x, count in zip(columns, counts, strict=True)]
        self.rows = self.places[-1][:, 1]
        self.hidden = VGroup(*[Quads(palette.dim, FAINT) for _ in layers[1:]])
        self.edges = LastLayer(sample, self.places[-2], self.places[-1], palette)
        unit = Circle(self.radius).set_stroke(palette.dim, THIN).set_fill(self._tone(0.0), 1)
        placed = [[unit.copy().move_to([*place, 0]) for place in one] for one in self.places]
        self.units = VGroup(*[VGroup(*column) for column in placed])
        self.add(self.hidden, self.edges, self.units)

    def show_lambda(self, lam: float, which: int) -> "Network":
        """Weights, and activations of one input, at a lambda."""
        for k, column in enumerate(self.units[:-1]):
            given = self.sample.units_at(self.shown[k].activations, lam)[which]
            most = float(np.abs(self.shown[k].activations).max()) or 1.0
            for unit, share in zip(column, np.abs(given) / most, strict=True):
                unit.set_fill(self._tone(float(share)), 1)
        ends = pairwise(self.places[:-1])
        for layer, edges, places in zip(self.shown[1:], self.hidden, ends, strict=True):
            kept = layer.weights
            assert kept is not None, "only the first layer's are not kept"
            weights = self.sample.units_at(kept, lam)
            most = float(np.abs(weights).max()) or 1.0
            edges.show_edges(*places, HIDDEN / most * np.abs(weights))
        self.edges.show_scale(lam, 1.0)
        return self

    def fed_by(self, digits: Digits, k: int) -> VGroup:
        """Lines from an input to the first column: it feeds every unit there."""
        x, y = digits.places[k]
        start = [x + digits.size / 2 + 0.1, y, 0]
        lines = [Line(start, [*to, 0]) for to in self.places[0]]
        return VGroup(*lines).set_stroke(self.palette.dim, THIN / 2)

    def sizes(self) -> VGroup:
        """How many units a layer has and how many are shown, below the hidden layers."""
        texts = [f"{len(layer.shown)} of {layer.size}" for layer in self.shown]
        below = list(self.units[:-1])
        if len(texts) > 1 and len(set(texts)) == 1:
            texts, below = [f"{texts[0]} units each"], [self.units[:-1]]
        names = [words(text, size=SMALL, color=self.palette.dim) for text in texts]
        return VGroup(
            *[name.next_to(one, DOWN, buff=0.2) for name, one in zip(names, below, strict=True)]
        )

    def _tone(self, share: float) -> ManimColor:
        return interpolate_color(
            ManimColor(self.palette.background), ManimColor(self.palette.ink), min(1.0, share)
        )


def _column(x: float, count: int, span: Ends) -> Array:
    """Places of units below each other, the first on top, (units, 2)."""
    low, high = span
    heights = np.linspace(high, low, count) if count > 1 else np.array([(low + high) / 2])
    return np.stack([np.full(count, x), heights], axis=-1)
