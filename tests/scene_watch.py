"""A scene rendered without pictures, with what it shows noted after every animation."""

from dataclasses import dataclass, field

import numpy as np
from manim import Mobject, Typst, config, tempconfig

from scenes.style import FLOOR

FAST = {
    "dry_run": True,
    "disable_caching": True,
    "frame_rate": 2,
    "pixel_width": 320,
    "pixel_height": 180,
    "verbosity": "ERROR",
    "progress_bar": "none",
}


@dataclass
class Shot:
    """What is on screen after one animation."""

    section: str
    time: float
    shown: list[Mobject]

    def parts(self):
        """Every mobject with points, at any depth, once."""
        return [part for top in self.shown for part in top.get_family() if part.has_points()]

    def texts(self):
        """Every line of words or formula, visible or not counted once faded out."""
        found = {id(part): part for top in self.shown for part in top.get_family() if is_text(part)}
        return list(found.values())


@dataclass
class Watch:
    """All shots of a scene and its captions."""

    shots: list[Shot] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    overlaps: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)


def is_text(part):
    return isinstance(part, Typst) and part.family_members_with_points()


def watch(scene_class, **options):
    """Render a scene and note after every animation what is off the frame, small or overlapping."""
    seen = Watch()

    class Watched(scene_class):
        def play(self, *animations, **options):
            super().play(*animations, **options)
            shot = Shot(self.renderer.file_writer.sections[-1].name, self.time, list(self.mobjects))
            seen.shots.append(shot)
            note(seen, shot)

    with tempconfig(FAST | options):
        scene = Watched()
        scene.render()
    return scene, seen


def assert_readable(seen):
    """Words and curves stay in the frame, and words are large enough and apart."""
    assert (seen.outside, seen.small, seen.overlaps) == ([], [], [])


def assert_told(film, sections, shortest, longest):
    """Readable, with these sections in order, in so many seconds, one caption after the other."""
    scene, seen = film
    assert_readable(seen)
    assert list(dict.fromkeys(shot.section for shot in seen.shots)) == sections
    assert shortest <= scene.time <= longest
    captions = scene.renderer.file_writer.subcaptions
    ends = [caption.end.total_seconds() for caption in captions]
    starts = [caption.start.total_seconds() for caption in captions]
    assert all(end <= start + 1e-6 for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= scene.time + 0.5


def note(seen, shot):
    half_width, half_height = config.frame_width / 2, config.frame_height / 2
    for part in shot.parts():
        low, high = box(part)
        if low[0] < -half_width or high[0] > half_width or low[1] < FLOOR or high[1] > half_height:
            seen.outside.append(f"{shot.section}: {part} from {low} to {high}")
    texts = shot.texts()
    for k, first in enumerate(texts):
        if first.font_size < 30.7:
            seen.small.append(f"{shot.section}: {first}")
        for second in texts[k + 1 :]:
            if cover(first, second):
                seen.overlaps.append(f"{shot.section} at {shot.time:.1f} s: {first} and {second}")


def box(mobject):
    points = mobject.get_all_points()
    return points.min(axis=0), points.max(axis=0)


def cover(first, second):
    """Whether the boxes of two mobjects share an area."""
    (a, b), (c, d) = box(first), box(second)
    return bool(np.all(np.minimum(b, d)[:2] - np.maximum(a, c)[:2] > 0.02))
