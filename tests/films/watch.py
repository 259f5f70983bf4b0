"""A scene rendered without pictures, and what a viewer sees of it every half second.

Every frame, and the picture after every animation, is a `Frame` that the rules of `rules.py` judge.
Nothing is drawn for it but what lies behind words, and the last picture of every section.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from manim import Dot, ImageMobject, ManimColor, Mobject, Typst, VMobject, tempconfig

from scenes.mobjects.formula import LiveNumber
from scenes.mobjects.shapes import Dashes, DataCurve

FAST = {
    "dry_run": True,
    "disable_caching": True,
    "frame_rate": 2,
    "pixel_width": 320,
    "pixel_height": 180,
    "verbosity": "ERROR",
    "progress_bar": "none",
}

#: What marks a place, wherever it stands still or moves.
MARKERS = (Dot, Dashes, DataCurve)
#: Fainter than this is not seen: a fade begins or ends with it.
FAINT = 0.05


@dataclass
class Word:
    """A line of words, a formula or a live number, with the opacity of its clearest glyph."""

    mobject: VMobject
    box: np.ndarray  # left, lower, right, upper
    opacity: float

    @property
    def text(self):
        return getattr(self.mobject, "typst_code", None) or self.mobject.text

    @property
    def look(self):
        """What changes while it moves or fades."""
        return (*self.box.round(4), round(self.opacity, 3))

    @property
    def em(self):
        """Height of its line; 48 are half a unit."""
        return self.mobject.font_size / 96

    @property
    def colors(self):
        """Of its glyphs, red, green, blue and opacity each, (colours, 4); bars have a stroke."""
        painted = [
            glyph.fill_rgbas[0] if glyph.fill_rgbas[0, 3] > FAINT else glyph.stroke_rgbas[0]
            for glyph in glyphs_of(self.mobject)
        ]
        return np.unique(painted, axis=0)


@dataclass
class Part:
    """A drawn thing without words: a shape with its outline, or an image.

    Attributes:
        marks: whether it is, or belongs to, what marks a place: a dot, a dashed line, a curve.
    """

    mobject: Mobject
    box: np.ndarray
    marks: bool

    @property
    def is_image(self):
        return isinstance(self.mobject, ImageMobject)

    @cached_property
    def outline(self):
        """Straight pieces of its outline, start and stop, (pieces, 2, 2)."""
        points = self.mobject.points[:, :2].reshape(-1, 4, 2)
        t = np.linspace(0, 1, 4)[:, None]
        weights = np.hstack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])
        curves = np.einsum("tk,pkx->ptx", weights, points)
        return np.stack([curves[:, :-1], curves[:, 1:]], axis=2).reshape(-1, 2, 2)

    @property
    def margin(self):
        """Half the width of its stroke."""
        return float(self.mobject.get_stroke_width()) / 200


@dataclass
class Frame:
    """What is seen at one time.

    Attributes:
        words, parts: that are visible.
        before: words and outlines of the frame before, by the mobjects' ids.
        changing: ids of what an animation changes now; none when it has just ended, and what is
            seen is meant to stay.
        closes: whether it is the last of its section.
    """

    scene: object
    words: list[Word]
    parts: list[Part]
    before: dict[int, object]
    changing: set[int] | None
    closes: bool = False

    def steady(self, word):
        """Whether a word neither moves, nor fades, nor is being written."""
        if self.changing is None:
            return True
        same = self.before.get(id(word.mobject)) == word.look
        return same and id(word.mobject) not in self.changing

    def paint(self, mobjects):
        """Draw some mobjects alone, (pixels down, pixels across, 3)."""
        camera = self.scene.camera
        camera.reset()
        camera.capture_mobjects(mobjects)
        return camera.pixel_array[..., :3].copy()

    @property
    def background(self):
        """Red, green and blue of 0 to 255."""
        return ManimColor(self.scene.camera.background_color).to_int_rgb()

    @property
    def size(self):
        """Width and height of the frame."""
        return np.array([self.scene.camera.frame_width, self.scene.camera.frame_height])


@dataclass
class Shot:
    """What is on screen after one animation."""

    section: str
    time: float
    shown: list[Mobject]


@dataclass
class Seen:
    """A told scene: its shots, and what each rule says against it, and when first."""

    scene: object = None
    shots: list[Shot] = field(default_factory=list)
    faults: dict[str, dict[str, str]] = field(default_factory=dict)
    frames: int = 0

    def last(self, section, kind):
        """All mobjects of a kind on screen when a section ends, in the order of appearance."""
        shot = [shot for shot in self.shots if shot.section == section][-1]
        return [part for top in shot.shown for part in top.get_family() if isinstance(part, kind)]


def watch(scene_class, rules=(), **options):
    """Tell a scene without drawing it; every rule is a function of a frame that yields faults."""
    seen = Seen()

    class Watched(scene_class):
        def render(self, *args, **kwargs):
            self.before = {}
            self.renderer.update_frame = lambda *args, **kwargs: None
            self.renderer.render = lambda *args: (
                self.look(),
                self.renderer.add_frame(self.renderer.get_frame()),
            )
            return super().render(*args, **kwargs)

        def play(self, *animations, **options):
            super().play(*animations, **options)
            section = self.renderer.file_writer.sections[-1].name
            seen.shots.append(Shot(section, self.time, list(self.mobjects)))
            self.look(rests=True)

        def next_section(self, *args, **kwargs):
            if seen.shots:
                self.look(rests=True, closes=True)
            super().next_section(*args, **kwargs)

        def tear_down(self):
            self.look(rests=True, closes=True)
            super().tear_down()

        def look(self, *, rests=False, closes=False):
            words, parts = visible(self.mobjects)
            section = self.renderer.file_writer.sections[-1].name
            changing = (
                None
                if rests
                else {id(part) for one in self.animations for part in one.mobject.get_family()}
            )
            frame = Frame(self, words, parts, self.before, changing, closes)
            seen.frames += 1
            for rule in rules:
                for fault in rule(frame):
                    found = seen.faults.setdefault(rule.__name__, {})
                    found.setdefault(f"{section}: {fault}", f"first at {self.time:.1f} s")
            self.before = {id(word.mobject): word.look for word in words}
            self.before |= {
                id(part.mobject): part.mobject.points.copy() for part in parts if not part.is_image
            }

    with tempconfig(FAST | options):
        seen.scene = Watched()
        seen.scene.render()
    return seen


def visible(mobjects):
    """The words and the other drawn things among mobjects, at any depth, each once."""
    words, parts, met = [], [], set()

    def descend(mobject, marks):
        if id(mobject) in met:
            return
        met.add(id(mobject))
        if isinstance(mobject, Typst | LiveNumber):
            glyphs = glyphs_of(mobject)
            if glyphs:
                opacity = max(opacity_of(glyph) for glyph in glyphs)
                words.append(Word(mobject, box_of(*glyphs), opacity))
            return
        marks = marks or isinstance(mobject, MARKERS)
        if isinstance(mobject, ImageMobject) or (
            isinstance(mobject, VMobject) and len(mobject.points) and opacity_of(mobject) > FAINT
        ):
            parts.append(Part(mobject, box_of(mobject), marks))
        for child in mobject.submobjects:
            descend(child, marks)

    for mobject in mobjects:
        descend(mobject, False)
    return words, parts


def glyphs_of(word):
    """Its visible outlines."""
    return [part for part in word.get_family() if len(part.points) and opacity_of(part) > FAINT]


def opacity_of(shape):
    """The larger of fill's and stroke's."""
    stroke = shape.stroke_rgbas[0, 3] if np.any(shape.stroke_width) else 0
    return float(max(shape.fill_rgbas[0, 3], stroke))


def box_of(*mobjects):
    """Left, lower, right and upper end of points, (4,)."""
    points = np.concatenate([mobject.points[:, :2] for mobject in mobjects])
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def assert_told(seen, sections, shortest, longest):
    """These sections in order, in so many seconds, one caption after the other."""
    assert list(dict.fromkeys(shot.section for shot in seen.shots)) == sections
    assert shortest <= seen.scene.time <= longest
    captions = seen.scene.renderer.file_writer.subcaptions
    ends = [caption.end.total_seconds() for caption in captions]
    starts = [caption.start.total_seconds() for caption in captions]
    assert all(end <= start + 1e-6 for end, start in zip(ends, starts[1:], strict=False))
    assert ends[-1] <= seen.scene.time + 0.5
