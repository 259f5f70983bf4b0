"""Fades that set opacities in place.

Manim's own fades copy a mobject three times with every glyph in it, which took a quarter of the
time of the main scene.
"""

from typing import Any

import numpy as np
from manim import Animation, ImageMobject, Mobject, VMobject


class Fade(Animation):
    """From invisible to the mobject's own opacities; or back, and off the scene."""

    def __init__(self, mobject: Mobject, *, away: bool, **options: Any) -> None:
        super().__init__(mobject, introducer=not away, remover=away, **options)
        self.away = away

    def create_starting_mobject(self) -> Mobject:
        """None of its own: the opacities noted in `begin` are all that is needed."""
        return self.mobject

    def begin(self) -> None:
        """Note the mobject's own opacities."""
        self._parts: list[tuple[Any, Any]] = []
        for part in self.mobject.get_family():
            if isinstance(part, VMobject):
                for rgbas in (part.fill_rgbas, part.stroke_rgbas, part.background_stroke_rgbas):
                    self._parts.append((rgbas[:, 3], rgbas[:, 3].copy()))
            elif isinstance(part, ImageMobject):
                alpha = part.pixel_array[..., 3]
                self._parts.append((alpha, alpha.copy()))
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Set every opacity to its share."""
        share = self.rate_func(alpha)
        self._set(1 - share if self.away else share)

    def clean_up_from_scene(self, scene: Any) -> None:
        """Where it is off the scene, its own opacities again."""
        super().clean_up_from_scene(scene)
        self._set(1)

    def _set(self, share: float) -> None:
        for now, own in self._parts:
            now[...] = share * own if own.dtype.kind == "f" else np.rint(share * own)
