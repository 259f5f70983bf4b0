"""The objective around trained weights, on two kinds of planes, and the paths that lead there."""

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from manim import DEGREES, LEFT, UP

from construction.arrays import Array
from construction.experiments.landscape import words as story
from construction.record.findings import Findings
from scenes import source
from scenes.figures import Figures, stack
from scenes.mobjects.formula import words
from scenes.mobjects.plot import Axis, decades, round_ticks
from scenes.mobjects.surface import Look, Surface, SurfaceCurve
from scenes.mobjects.surface_axes import SurfaceAxes

#: What is told first, by default; of the trajectory a run whose training was kept.
PUBLISHED = "landscape-resnet-56-given"
#: Turn from which one looks first, and to which the camera turns; tilt, and into a valley.
FIRST, LAST, TILT, INTO = (angle * DEGREES for angle in (24, -24, 35, 48))
#: Width, depth and height of the box of a surface, and its room in the frame.
BOX, ROOM = (6.2, 3.8, 2.3), (-5.05, -1.95, 1.85, 2.35)
#: Left end of the words beside it.
BESIDE = 2.5


class Landscape(Figures):
    """Random directions, with and without shortcuts; then the plane of the trajectory."""

    def construct(self) -> None:
        self.findings = source.findings(PUBLISHED)
        colors = self.colors
        self.roles = {"trajectory": colors.ink, "line": colors.empirical, "valley": colors.valley}
        self.roles |= dict.fromkeys(("even", "paper"), colors.constructed)
        self.question()
        parts = story.networks(self.findings)
        around = [(part, x) for part in parts for x in part.parts if x in ("random", "given")]
        if around:
            self.around(around)
        if self.findings.manifest.get("name") == PUBLISHED:  # whose training is not known
            trained = source.of_run("landscape-resnet")
            assert isinstance(trained, Findings)
            self.findings, parts = trained, story.networks(trained)
        with_paths = [part for part in parts if "trajectory" in part.parts]
        for part in with_paths[:1]:
            self.trajectory(part)
            self.verdict(part)

    def question(self) -> None:
        """What a slice is."""
        self.beat("question", "What does the objective look like around trained weights?")
        directions = "$delta, eta$ random, each filter as large as that of the weights"
        self.state(
            "f(s, t) = L(theta + s delta + t eta)",
            words(directions, size=42, color=self.colors.dim),
            (
                "Two directions through the trained weights make a map of the objective.",
                "Each filter of a direction has the norm of that filter of the weights.",
            ),
        )

    def around(self, slices: Sequence[tuple[Findings, str]]) -> None:
        """The surfaces of all networks on one scale, one after the other."""
        scale = scale_of([part[f"{name}/objective"] for part, name in slices])
        for k, (part, name) in enumerate(slices):
            label, below = part.manifest["label"], story.footer(self.findings, part, name)
            title = story.PLANES[name].removeprefix("the ").capitalize()
            self.beat(f"{name}-{k}", f"{title}: {label}", below, clear=True)
            relief = story.relief_line(part.part(name)).partition(", ")[2]
            lines = [line for said in relief.split(", ") for line in wrap(said, 21)]  # letters
            self.caption(f"{label}, on this grid: {relief}.")
            surface, axes = self.rise(part, name, scale, TILT)
            formal = (line.replace("L(0)", "$L(0)$") for line in lines)
            remarks = stack(formal, self.colors.ink, size=40)
            self.enter(remarks.move_to([BESIDE, 0.5, 0], aligned_edge=LEFT))
            self.enter(Look(surface, axes, angles=(LAST, TILT)), seconds=3, hold=1.5)

    def trajectory(self, part: Findings) -> None:
        """The plane in which training lies most, and the paths on it.

        Off the plane the objective of a path's weights is not that of the surface below them.
        """
        title = f"The plane of its trajectory: {part.manifest['label']}"
        below = story.footer(self.findings, part, "trajectory")
        self.beat("trajectory", title, below, clear=True)
        objectives = {path: part[f"paths/{path}/objective"] for path in story.paths(part)}
        scale = scale_of([part["trajectory/objective"], *objectives.values()])
        self.caption("Along the two directions that keep most of the checkpoints' distances:")
        surface, axes = self.rise(part, "trajectory", scale, INTO)
        curves: list[SurfaceCurve] = []
        for k, (path, objective) in enumerate(objectives.items()):
            clock, name = part[f"paths/{path}/clock"], story.path_label(path)
            s, t = part[f"paths/{path}/trajectory/place"].T
            corners = surface.shares(s, t, objective)
            curve = SurfaceCurve(surface, corners, clock / clock[-1], self.roles[path])
            self.caption(f"{name}: each point at its own objective, over the nearest of the plane.")
            self.run(curve, seconds=2.5)
            curves.append(curve)
            label = stack((name, f"keeps {story.kept(part, path):.1%}"), self.roles[path])
            self.enter(label.move_to([BESIDE, 2.4 - 1.25 * k, 0], aligned_edge=LEFT + UP))
        self.enter(Look(surface, axes, *curves, angles=(LAST, INTO)), seconds=3, hold=2)

    def verdict(self, part: Findings) -> None:
        """What the plane keeps, beside a random walk."""
        self.beat("verdict", "What the plane keeps, and what it hides", clear=True)
        rows = []
        for path in story.paths(part):
            away = f"{story.farthest(part, path):.2f} of the line"
            rows.append((story.path_label(path), f"{story.kept(part, path):.1%}", away))
        rows.append(("a random walk", "90%", "in many dimensions"))
        colors = [*[self.roles[path] for path in story.paths(part)], self.colors.zero]
        heads = ("", "kept of squared distances", "farthest from the plane")
        *cells, walk = self.tabulate(rows, colors, heads)
        self.enter(*cells, seconds=0.7, hold=2)
        self.caption("So a large share is no sign of an easy surface: a random walk keeps 90% too.")
        self.enter(walk, hold=4)

    def rise(
        self, part: Findings, name: str, scale: Axis, tilt: float
    ) -> tuple[Surface, SurfaceAxes]:
        """Let the surface of a slice come up from one side to the other, within its axes."""
        s, t = (part[f"{name}/{axis}"].astype(float) for axis in ("s", "t"))
        ground = []
        for one in (s, t):
            away = 0.1 * np.ptp(one)  # where axes meet is no tick
            ticks = round_ticks(one[0] + away, one[-1] - away, 5)
            ground.append(Axis(one[0], one[-1], 0, 1, ticks))
        axes, heights = (ground[0], ground[1], scale), part[f"{name}/objective"].T
        surface = Surface(axes, s, t, heights, (FIRST, tilt), self.colors, BOX, ROOM, shown=0.0)
        edges = SurfaceAxes(surface, ("s", "t", "objective\n(log scale)"))
        return surface, self.stand_up(surface, edges, 1.5)


def scale_of(heights: Sequence[Array]) -> Axis:
    """The logarithmic axis of all these objectives, from 0 to 1."""
    every = np.concatenate([height.ravel() for height in heights]).astype(float)
    low, high = float(every.min()), float(every.max())
    return Axis(low, high, 0, 1, decades(low, high), log=True)
