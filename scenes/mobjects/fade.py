"""Fades that set opacities in place.

Manim's own fades copy a mobject three times with every glyph in it, which took a quarter of the
time of the main scene.
"""

from typing import Any

import numpy as np
from manim import Animation, ImageMobject, Mobject, VMobject


class Appear(Animation):
    """From invisible to the mobject's own opacities."""

    def __init__(self, mobject: Mobject, **options: Any) -> None:
        super().__init__(mobject, introducer=True, **options)

    def create_starting_mobject(self) -> Mobject:
        """None of its own: the opacities noted in `begin` are all that is needed."""
        return self.mobject

    def begin(self) -> None:
        """Note the opacities to come to."""
        self._parts = [
            (rgbas, rgbas[:, 3].copy())
            for part in self.mobject.get_family()
            if isinstance(part, VMobject)
            for rgbas in (part.fill_rgbas, part.stroke_rgbas, part.background_stroke_rgbas)
        ]
        self._images = [
            (part, part.pixel_array[..., 3].copy())
            for part in self.mobject.get_family()
            if isinstance(part, ImageMobject)
        ]
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Set every opacity to its share."""
        self._set(self.rate_func(alpha))

    def _set(self, share: float) -> None:
        for rgbas, own in self._parts:
            rgbas[:, 3] = share * own
        for image, alpha in self._images:
            image.pixel_array[..., 3] = np.rint(share * alpha)


class Vanish(Appear):
    """From the mobject's own opacities to invisible, and off the scene."""

    def __init__(self, mobject: Mobject, **options: Any) -> None:
        Animation.__init__(self, mobject, remover=True, **options)

    def interpolate_mobject(self, alpha: float) -> None:
        """Set every opacity to what is left."""
        self._set(1 - self.rate_func(alpha))

    def clean_up_from_scene(self, scene: Any) -> None:
        """Off the scene, with its own opacities again."""
        super().clean_up_from_scene(scene)
        self._set(1)


def appear(*mobjects: Mobject) -> list[Appear]:
    """One fade a mobject, so that each is added to the scene by itself."""
    return [Appear(mobject) for mobject in mobjects]


def vanish(*mobjects: Mobject) -> list[Vanish]:
    """One fade a mobject."""
    return [Vanish(mobject) for mobject in mobjects]
