"""The objective around trained weights, on two kinds of planes, and the paths that lead there.

``manim render scenes/landscape.py`` renders it from the findings of the run "landscape-resnet".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DEGREES, LEFT, UP, Dot, Line, Mobject, Rectangle, ThreeDScene, VGroup

from construction.arrays import Array
from construction.draw.spans import levels
from construction.experiments.landscape import words as story
from construction.palette import Palette
from construction.record.findings import Findings
from scenes.figures import Beats, stack
from scenes.mobjects.curve import DataCurve
from scenes.mobjects.formula import words
from scenes.mobjects.mesh import HEIGHT, Mesh, in_space, tint
from scenes.mobjects.plot import Axis
from scenes.stage import Drawn
from scenes.style import DOT, TEMPO, THIN

#: From where one looks: angle from the zenith, and around it; and how much larger what stands is.
TILT, TURN, ZOOM = 62 * DEGREES, -58 * DEGREES, 1.1

#: Frame coordinates of the key of heights, and of the words beside the surface.
KEY, KEY_BOTTOM, KEY_TOP = -5.4, -1.7, 1.7
BESIDE = 3.75
#: Steps of the key's colours.
SHADES = 24
#: Most ticks of the key.
MOST = 6


class Landscape(Beats, ThreeDScene):
    """Random directions, with and without shortcuts; then the plane of the trajectory.

    Some mobjects stand in space; all others lie flat and stay where they are while the camera
    moves.
    """

    def construct(self) -> None:
        """Tell the findings."""
        self.tell("landscape-resnet")
        self.roles = {
            "trajectory": self.colors.ink,
            "line": self.colors.empirical,
            "even": self.colors.constructed,
            "paper": self.colors.constructed,
            "valley": self.colors.valley,
        }
        self.question()
        parts = story.networks(self.findings)
        self.random_directions([part for part in parts if "random" in part.parts])
        with_paths = [part for part in parts if "trajectory" in part.parts]
        for part in with_paths[:1]:
            self.trajectory(part)
            self.verdict(part)

    def question(self) -> None:
        """What a slice is."""
        self.beat("question", "What does the objective look like around trained weights?")
        told = "$delta, eta$ random, each filter as large as that of the weights"
        self.state(
            "f(s, t) = L(theta + s delta + t eta)",
            words(told, color=self.colors.dim),
            (
                "Two directions through the trained weights make a map of the objective.",
                "Each filter of a direction has the norm of that filter of the weights.",
            ),
            write=1.5,
        )

    def random_directions(self, parts: Sequence[Findings]) -> None:
        """The surfaces of all networks on one scale, one after the other."""
        scale = scale_of([part["random/objective"] for part in parts])
        key = self.key(scale)
        for k, part in enumerate(parts):
            label, below = part.manifest["label"], story.footer(self.findings, part, "random")
            self.beat(f"random-{k}", f"Random directions: {label}", below)
            mesh = Mesh(scale.place(part["random/objective"]), self.colors)
            slope, minima = part.part("random"), story.minima_words(part.part("random"))
            saddled = f"at {slope.manifest['relief']['saddled']:.0%} of points"
            lines = (minima, "curved downwards", saddled)
            told = stack(lines, self.colors.ink, buff=0.2, aligned_edge=LEFT)
            told.move_to([BESIDE, 1.5, 0], aligned_edge=LEFT)
            self.stand(mesh)
            self.caption(f"{part.manifest['label']}: {minima} on this grid.")
            self.fade_in(mesh, *([] if k else [key]), seconds=0.7)
            self.fade_in(told)
            turn = TURN + (50 if k % 2 == 0 else 0) * DEGREES
            self.move_camera(theta=turn, run_time=2.5 * TEMPO)
            self.rest(1.5)
            self.fade_out(mesh, told)
        self.fade_out(key, seconds=0.3)
        self.set_camera_orientation(theta=TURN)

    def trajectory(self, part: Findings) -> None:
        """The plane in which training lies most, and the paths on it."""
        title = f"The plane of its trajectory: {part.manifest['label']}"
        self.beat("trajectory", title, story.footer(self.findings, part, "trajectory"))
        objectives = [part[f"paths/{path}/objective"] for path in story.paths(part)]
        scale = scale_of([part["trajectory/objective"], *objectives])
        mesh = Mesh(scale.place(part["trajectory/objective"]), self.colors)
        key = self.key(scale)
        self.stand(mesh)
        self.caption("Along the two directions that keep most of the checkpoints' distances:")
        self.fade_in(mesh, key, seconds=0.7)
        self.shown = [mesh, key]
        y = 2.3
        for path in story.paths(part):
            drawn, color = self.path(part, path, scale), self.roles[path]
            name = story.path_label(path)
            self.stand(*drawn)
            self.camera.add_fixed_orientation_mobjects(drawn.dot)
            rows = (name, f"keeps {story.kept(part, path):.1%}")
            label = stack(rows, color, buff=0.1, aligned_edge=LEFT)
            label.move_to([BESIDE, y, 0], aligned_edge=LEFT + UP)
            y -= 1.15
            self.caption(f"{name}: each point at its own objective, over the nearest of the plane.")
            self.trace(drawn, 2.5)
            self.fade_in(label)
            self.shown += [drawn.curve, label]
        self.move_camera(theta=TURN + 60 * DEGREES, run_time=3 * TEMPO)
        self.rest(2)

    def verdict(self, part: Findings) -> None:
        """What the plane keeps, beside a random walk."""
        self.beat("verdict", "What the plane keeps, and what it hides")
        self.fade_out(*self.shown)
        rows = [("", "kept of squared distances", "farthest from the plane")]
        for path in story.paths(part):
            away = f"{story.farthest(part, path):.2f} of the line"
            rows.append((story.path_label(path), f"{story.kept(part, path):.1%}", away))
        colors = [self.roles[path] for path in story.paths(part)]
        cells = self.tabulate(rows, (-6.2, -1.4, 3.0), 2.2, 0.75, colors=colors)
        walk = words(
            "a random walk keeps 90%: a large share is no sign of an easy surface",
            color=self.colors.zero,
        ).move_to([-6.2, 2.2 - 0.75 * len(rows) - 0.2, 0], aligned_edge=LEFT)
        self.caption("A random walk in many dimensions would keep 90% too.")
        self.fade_in(cells, seconds=0.7)
        self.fade_in(walk)
        self.rest(4)

    def path(self, part: Findings, path: str, scale: Axis) -> Drawn:
        """One path over the plane, with the dot that runs along it.

        Off the plane the objective of its weights is not that of the surface below them.
        """
        height = scale.place(part[f"paths/{path}/objective"])
        clock = part[f"paths/{path}/clock"]
        corners = in_space(*story.path_shares(part, path), height)
        curve = DataCurve(clock / clock[-1], corners, self.roles[path])
        return Drawn(curve, Dot(radius=DOT, color=self.roles[path]))

    def set_stage(self, colors: Palette) -> None:
        """Take a theme and look from above; to be called first."""
        super().set_stage(colors)
        self.standing: set[int] = set()
        self.camera.should_apply_shading = False  # a colour stands for one height
        self.set_camera_orientation(
            phi=TILT, theta=TURN, zoom=ZOOM, frame_center=[0, 0, HEIGHT / 2 - 0.1]
        )

    def stand(self, *mobjects: Mobject) -> None:
        """Let mobjects stand in space; to be called before they are added."""
        self.standing |= {id(mobject) for mobject in mobjects}

    def add(self, *mobjects: Mobject) -> Landscape:
        """Show mobjects, flat unless they `stand`."""
        flat = [mobject for mobject in mobjects if id(mobject) not in self.standing]
        self.camera.add_fixed_in_frame_mobjects(*flat)
        super().add(*mobjects)
        return self

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
        name = words("objective (log scale)", color=self.colors.dim)
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
