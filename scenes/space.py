"""A stage with depth: some mobjects stand in space, all others lie flat on the frame."""

from __future__ import annotations

from manim import DEGREES, Mobject, ThreeDScene

from construction.palette import Palette
from scenes.mobjects.mesh import HEIGHT
from scenes.stage import Drawn, Stage

#: From where one looks: angle from the zenith, and around it.
TILT, TURN = 62 * DEGREES, -58 * DEGREES
#: Of what stands in space.
ZOOM = 1.1


class Space(Stage, ThreeDScene):
    """A `Stage` whose title, footer and words stay where they are while the camera moves."""

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

    def stand_drawn(self, *drawn: Drawn) -> None:
        """Curves in space, whose dots face the camera."""
        for curve, dot in drawn:
            self.stand(curve, dot)
            self.camera.add_fixed_orientation_mobjects(dot)

    def add(self, *mobjects: Mobject) -> Space:
        """Show mobjects, flat unless they `stand`."""
        flat = [mobject for mobject in mobjects if id(mobject) not in self.standing]
        self.camera.add_fixed_in_frame_mobjects(*flat)
        super().add(*mobjects)
        return self
