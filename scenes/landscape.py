"""The objective around trained weights, on two kinds of planes, and the paths that lead there.

``manim render scenes/landscape.py`` renders it from the findings of the run "landscape-resnet".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DEGREES, DOWN, LEFT, UP, Dot, Line, Rectangle, ValueTracker, VGroup, Write

from construction.arrays import Array
from construction.draw.spans import levels
from construction.experiments.landscape.words import (
    farthest,
    footer,
    kept,
    minima_words,
    networks,
    path_label,
    path_shares,
    paths,
)
from construction.record.findings import Findings
from scenes import source
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.fade import appear, vanish
from scenes.mobjects.formula import maths, words
from scenes.mobjects.mesh import Mesh, in_space, tint
from scenes.mobjects.plot import Axis
from scenes.space import TURN, Space
from scenes.stage import Drawn
from scenes.style import DOT, FORMULA, LABEL, TEMPO, THIN, palette

#: Frame coordinates of the key of heights, and of the words beside the surface.
KEY, KEY_BOTTOM, KEY_TOP = -5.4, -1.7, 1.7
BESIDE = 3.75
#: Steps of the key's colours.
SHADES = 24
#: Most ticks of the key.
MOST = 6


class Landscape(Space):
    """Random directions, with and without shortcuts; then the plane of the trajectory."""

    def construct(self) -> None:
        """Tell the findings."""
        self.set_stage(palette())
        self.findings = source.findings("landscape-resnet")
        self.roles = {
            "trajectory": self.colors.ink,
            "line": self.colors.empirical,
            "even": self.colors.constructed,
            "paper": self.colors.constructed,
            "valley": self.colors.valley,
        }
        self.question()
        parts = networks(self.findings)
        self.random_directions([part for part in parts if "random" in part.parts])
        with_paths = [part for part in parts if "trajectory" in part.parts]
        for part in with_paths[:1]:
            self.trajectory(part)
            self.verdict(part)

    def question(self) -> None:
        """What a slice is."""
        self.next_section("question")
        self.head("What does the objective look like around trained weights?")
        formula = maths(
            "f(s, t) = L(theta + s delta + t eta)",
            size=FORMULA + 8,
            color=self.colors.ink,
            parts={},
        )
        told = words(
            "$delta, eta$ random, each filter as large as that of the weights",
            color=self.colors.dim,
        )
        rows = VGroup(formula, told).arrange(DOWN, buff=0.8).shift(0.3 * UP)
        self.caption("Two directions through the trained weights make a map of the objective.")
        self.play(Write(formula), run_time=1.5 * TEMPO)
        self.caption("Each filter of a direction has the norm of that filter of the weights.")
        self.play(*appear(told), run_time=0.5 * TEMPO)
        self.rest(3)
        self.play(*vanish(*rows), run_time=0.5 * TEMPO)

    def random_directions(self, parts: Sequence[Findings]) -> None:
        """The surfaces of all networks on one scale, one after the other."""
        scale = scale_of([part["random/objective"] for part in parts])
        key = self.key(scale)
        for k, part in enumerate(parts):
            self.next_section(f"random-{k}")
            self.head(f"Random directions: {part.manifest['label']}")
            self.show_footer(footer(self.findings, part, "random"))
            mesh = Mesh(scale.place(part["random/objective"]), self.colors)
            slope, minima = part.part("random"), minima_words(part.part("random"))
            saddled = f"at {slope.manifest['relief']['saddled']:.0%} of points"
            told = self.beside([minima, "curved downwards", saddled])
            self.stand(mesh)
            self.caption(f"{part.manifest['label']}: {minima} on this grid.")
            self.play(*appear(mesh, *([] if k else [key])), run_time=0.7 * TEMPO)
            self.play(*appear(told), run_time=0.5 * TEMPO)
            turn = TURN + (50 if k % 2 == 0 else 0) * DEGREES
            self.move_camera(theta=turn, run_time=2.5 * TEMPO)
            self.rest(1.5)
            self.play(*vanish(mesh, told), run_time=0.5 * TEMPO)
        self.play(*vanish(key), run_time=0.3 * TEMPO)
        self.set_camera_orientation(theta=TURN)

    def trajectory(self, part: Findings) -> None:
        """The plane in which training lies most, and the paths on it."""
        self.next_section("trajectory")
        self.head(f"The plane of its trajectory: {part.manifest['label']}")
        self.show_footer(footer(self.findings, part, "trajectory"))
        objectives = [part[f"paths/{path}/objective"] for path in paths(part)]
        scale = scale_of([part["trajectory/objective"], *objectives])
        mesh = Mesh(scale.place(part["trajectory/objective"]), self.colors)
        key = self.key(scale)
        self.stand(mesh)
        self.caption("Along the two directions that keep most of the checkpoints' distances:")
        self.play(*appear(mesh, key), run_time=0.7 * TEMPO)
        self.shown = [mesh, key]
        y = 2.3
        for path in paths(part):
            drawn, name, color = self.path(part, path, scale), path_label(path), self.roles[path]
            self.stand_drawn(drawn)
            rows = (name, f"keeps {kept(part, path):.1%}")
            label = VGroup(*[words(row, color=color) for row in rows])
            label.arrange(DOWN, buff=0.1, aligned_edge=LEFT).move_to(
                [BESIDE, y, 0], aligned_edge=LEFT + UP
            )
            y -= 1.15
            self.caption(f"{name}: each point at its own objective, over the nearest of the plane.")
            self.run([drawn], ValueTracker(0), 2.5)
            self.play(*appear(label), run_time=0.5 * TEMPO)
            self.shown += [drawn.curve, label]
        self.move_camera(theta=TURN + 60 * DEGREES, run_time=3 * TEMPO)
        self.rest(2)

    def verdict(self, part: Findings) -> None:
        """What the plane keeps, beside a random walk."""
        self.next_section("verdict")
        self.head("What the plane keeps, and what it hides")
        self.play(*vanish(*self.shown), run_time=0.5 * TEMPO)
        rows = {"": ("", "kept of squared distances", "farthest from the plane")}
        for path in paths(part):
            away = f"{farthest(part, path):.2f} of the line"
            rows[path] = (path_label(path), f"{kept(part, path):.1%}", away)
        table = VGroup()
        for k, (path, cells) in enumerate(rows.items()):
            for x, cell in zip((-6.2, -1.4, 3.0), cells, strict=True):
                if cell:
                    text = words(cell, color=self.roles.get(path, self.colors.dim))
                    table.add(text.move_to([x, 2.2 - 0.75 * k, 0], aligned_edge=LEFT))
        walk = words(
            "a random walk keeps 90%: a large share is no sign of an easy surface",
            color=self.colors.zero,
        ).move_to([-6.2, 2.2 - 0.75 * len(rows) - 0.2, 0], aligned_edge=LEFT)
        self.caption("A random walk in many dimensions would keep 90% too.")
        self.play(*appear(table), run_time=0.7 * TEMPO)
        self.play(*appear(walk), run_time=0.5 * TEMPO)
        self.rest(4)

    def path(self, part: Findings, path: str, scale: Axis) -> Drawn:
        """One path over the plane, with the dot that runs along it.

        Off the plane the objective of its weights is not that of the surface below them.
        """
        height = scale.place(part[f"paths/{path}/objective"])
        clock = part[f"paths/{path}/clock"]
        corners = in_space(*path_shares(part, path), height)
        curve = DataCurve(clock / clock[-1], corners, self.roles[path])
        return Drawn(curve, Dot(radius=DOT, color=self.roles[path]))

    def beside(self, lines: Sequence[str]) -> VGroup:
        """A few short lines to the right of the surface."""
        rows = VGroup(*[words(line, color=self.colors.ink) for line in lines])
        rows.arrange(DOWN, buff=0.2, aligned_edge=LEFT)
        return rows.move_to([BESIDE, 1.5, 0], aligned_edge=LEFT)

    def key(self, scale: Axis) -> VGroup:
        """Which colour stands for which objective."""
        key, step = VGroup(), (KEY_TOP - KEY_BOTTOM) / SHADES
        for k in range(SHADES):
            one = Rectangle(width=0.25, height=step, stroke_width=0)
            one.set_fill(tint((k + 0.5) / SHADES, self.colors), 1)
            key.add(one.move_to([KEY, KEY_BOTTOM + (k + 0.5) * step, 0]))
        for value, text in scale.ticks:
            y = KEY_BOTTOM + float(scale.place(value)) * (KEY_TOP - KEY_BOTTOM)
            line = Line([KEY - 0.2, y, 0], [KEY + 0.125, y, 0]).set_stroke(self.colors.dim, THIN)
            label = words(text, color=self.colors.dim).next_to(line, LEFT, buff=0.1)
            key.add(line, label)
        name = words("objective (log scale)", color=self.colors.dim, size=LABEL)
        name.next_to([KEY, KEY_TOP, 0], UP, buff=0.3).align_to([-6.6, 0, 0], LEFT)
        return key.add(name)


def scale_of(heights: Sequence[Array]) -> Axis:
    """The logarithmic axis of all these objectives, from 0 to 1."""
    every = np.concatenate([height.ravel() for height in heights])
    low, high = float(every.min()), float(every.max())
    return Axis(low, high, 0, 1, ticks(low, high), log=True)


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Round values of an axis, with their words in Typst.

    >>> ticks(1.0, 5e6)
    [(1.0, '1'), (100.0, '100'), (10000.0, '$10^(4)$'), (1000000.0, '$10^(6)$')]
    """
    values = levels(low * (1 - 1e-9), high, MOST)
    powers = np.log10(values)
    plain = not np.allclose(powers, np.rint(powers))
    return [
        (float(value), f"{value:g}" if plain or -3 < k < 4 else f"$10^({k})$")
        for value, k in zip(values, np.rint(powers).astype(int), strict=True)
    ]
