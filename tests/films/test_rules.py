"""Each rule of what is seen speaks up at a small scene that breaks it, and at no other."""

from types import SimpleNamespace

import numpy as np
import pytest
from manim import DOWN, RIGHT, UP, Dot, ImageMobject, Square, VMobject

from construction.record.sample import Sample
from scenes.figures import Figures
from scenes.mobjects.formula import words
from scenes.mobjects.plot import Axis, Plot
from scenes.mobjects.sample import Digits, SmallBars
from scenes.mobjects.shapes import DataCurve
from scenes.style import DARK

from .rules import RULES, contrast
from .watch import watch


class Told(Figures):
    """A section with a word, a marker, a curve and a path that falls, all as they should be."""

    def construct(self):
        self.beat("only", "A title", "a footer")
        self.word = words("a word", color=DARK.ink).move_to(2 * UP)
        self.dot = Dot(color=DARK.zero)
        self.block = Square(2).set_fill(DARK.dim, 1).set_stroke(width=0).shift(4 * RIGHT)
        self.plot = Plot(Axis(0, 1, -4, -1, []), Axis(0, 1, -2, 1, []), "lambda", "objective", DARK)
        self.add(self.plot, self.word, self.dot, self.block)
        self.draw_path(1.0, 0.5, 0.5, 0.0)
        self.change()
        self.wait(1)

    def draw_path(self, *heights):
        lam = np.linspace(0, 1, len(heights))
        self.add(DataCurve(lam, self.plot.at(lam, heights), DARK.constructed))

    def change(self):
        """What is broken here, if anything."""


class Outside(Told):
    def change(self):
        self.play(self.word.animate.shift(7 * RIGHT))


class UnderSubtitles(Told):
    def change(self):
        self.dot.move_to(3.2 * DOWN)


class ImageCut(Told):
    def change(self):
        pixels = np.zeros((20, 20, 4), np.uint8)
        pixels[:10] = 255
        self.add(ImageMobject(pixels).set(height=1).shift(2 * DOWN + RIGHT))


class Overlapping(Told):
    def change(self):
        self.add(words("another", color=DARK.ink).next_to(self.word, RIGHT, buff=-0.1))


class OverlappingInPassing(Told):
    def change(self):
        other = words("another", color=DARK.ink).move_to([-4, 2, 0])
        self.add(other)
        self.play(other.animate.shift(8 * RIGHT), run_time=2)


class Small(Told):
    def change(self):
        self.word.scale(0.85)


class CrossedInPassing(Told):
    def change(self):
        self.dot.move_to([-3, 2, 0])
        self.play(self.dot.animate.move_to([3, 2, 0]), run_time=0.4)


class CrossedByCurve(Told):
    def change(self):
        corners = np.array([[-3, 1, 0], [3, 3, 0]])
        self.add(DataCurve(np.arange(2), corners, DARK.zero))


class CrossedByAShape(Told):
    def change(self):
        line = VMobject().set_points_as_corners([[-2, 0.5, 0], [-2, 2.7, 0]])
        self.add(line.set_stroke(DARK.level, 2))
        self.play(line.animate.shift(4 * RIGHT))


class Faint(Told):
    def change(self):
        self.word.set_color("#3A4560")


class OnAnImage(Told):
    def change(self):
        self.add(ImageMobject(np.full((20, 20, 4), 255, np.uint8)).set(height=0.5).move_to(2 * UP))
        self.bring_to_front(self.word)


class OnAFill(Told):
    def change(self):
        self.word.move_to(self.block)
        self.bring_to_front(self.word)


class Rising(Told):
    def change(self):
        self.draw_path(1.0, 0.2, 0.21, 0.0)


class WithBars(Told):
    """Bars of two inputs where the path has come, and their images."""

    lam, images = 1.0, slice(None)

    def change(self):
        at, ones = np.array([0.0, 1.0]), np.eye(2)
        outputs = np.array([[[0.2, 0.9], [0.4, -0.3]], [[0.9, 0.1], [0.0, 1.0]]])
        images = np.random.default_rng(0).integers(0, 255, (2, 5, 5), np.uint8)
        sample = Sample(True, images, ones, at, outputs, np.arange(2), 2, at, (), None)
        self.record = SimpleNamespace(routes=[SimpleNamespace(sample=sample)])
        places = np.array([[1.0, 0.7], [1.0, -1.0]])
        bars = SmallBars(sample, places, 1, 0.5, DARK)
        bars.show_outputs(sample.outputs_at(self.lam))
        self.remove(self.dot)
        shown = SimpleNamespace(images=images[self.images])
        self.add(bars, Digits(shown, places - [1, 0], 0.6, DARK))


class OtherBars(WithBars):
    lam = 0.9


class OtherDigits(WithBars):
    images = slice(None, None, -1)


class Empty(Told):
    def change(self):
        self.fade_out(*[one for one in self.mobjects if one is not self.title])


BROKEN = {
    Outside: "nothing_is_outside",
    UnderSubtitles: "nothing_is_outside",
    ImageCut: "nothing_is_outside",
    Overlapping: "no_two_words_overlap",
    OverlappingInPassing: "no_two_words_overlap",
    Small: "no_word_is_small",
    CrossedInPassing: "no_marker_crosses_a_word",
    CrossedByCurve: "no_marker_crosses_a_word",
    CrossedByAShape: "no_marker_crosses_a_word",
    Faint: "words_stand_out",
    OnAnImage: "words_stand_out",
    OnAFill: "words_stand_out",
    Rising: "no_path_rises",
    OtherBars: "bars_and_digits_are_the_records",
    OtherDigits: "bars_and_digits_are_the_records",
    Empty: "a_section_ends_on_a_picture",
}


def test_every_rule_is_broken_somewhere():
    assert {rule.__name__ for rule in RULES} == set(BROKEN.values())


@pytest.mark.parametrize("scene", [Told, WithBars])
def test_a_scene_that_is_as_it_should_be_has_no_faults(scene):
    seen = watch(scene, RULES)
    assert seen.faults == {}
    assert seen.frames >= 4


@pytest.mark.parametrize("scene", BROKEN, ids=lambda scene: scene.__name__)
def test_a_broken_rule_speaks_up(scene):
    faults = watch(scene, RULES).faults
    assert BROKEN[scene] in faults


def test_contrast_is_that_of_the_guideline():
    assert contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)
