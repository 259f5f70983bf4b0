"""The parts of a scene stand where their numbers say."""

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from manim import Dot, Scene, VGroup, tempconfig

from construction.symbolic import QUADRATIC, a, b, c
from scenes.mobjects.fade import Fade
from scenes.mobjects.formula import LiveNumber, maths, stand, typst, words
from scenes.mobjects.plot import Axis, Plot, decades, log_axis
from scenes.mobjects.shapes import DataCurve
from scenes.stage import Stage
from scenes.style import DARK

from .watch import FAST, watch


def bezier_heights(curve, count=20):
    """Heights along every cubic piece of a drawn curve, control points and all."""
    t = np.linspace(0, 1, count)[:, None]
    pieces = curve.points.reshape(-1, 4, 3)[:, :, 1]
    a, b, c, d = pieces.T
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def test_a_step_in_the_data_is_drawn_without_a_bump():
    heights = np.array([1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2])
    x = np.arange(8.0)
    curve = DataCurve(x, np.stack([x, heights, 0 * x], axis=-1), DARK.empirical)
    drawn = bezier_heights(curve)
    assert drawn.max() <= 1 + 1e-12
    assert drawn.min() >= 0.2 - 1e-12
    assert (np.diff(drawn.T.ravel()) <= 1e-12).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30), st.floats(0, 1))
def test_a_curve_shows_its_corners_up_to_now_and_ends_at_its_tip(heights, now):
    clock = np.linspace(0, 1, len(heights))
    curve = DataCurve(clock, np.stack([clock, heights, 0 * clock], axis=-1), DARK.empirical)
    curve.reveal(now)
    tip = curve.tip(now)
    assert tip[1] == pytest.approx(np.interp(now, clock, heights), abs=1e-12)
    if now > 0:
        assert np.allclose(curve.points[-1], tip)
        passed = int((clock <= now).sum())
        anchors = np.vstack([curve.points[:1], curve.points[3::4]])
        assert np.allclose(anchors[:passed], curve.corners[:passed])


@pytest.mark.parametrize(
    ("text", "flat"),
    [("$L(0)$", 0), ("$m(alpha)$", 0), ("train, $c = 1$", 1), ("my log (yes)", 0)],
)
def test_words_side_by_side_stand_on_one_line_wherever_their_tails_reach(text, flat):
    word = stand(words(text, color=DARK.ink), 1.5)
    foot = word.family_members_with_points()[flat].get_bottom()[1]  # of a letter without a curve
    assert foot == pytest.approx(1.5, abs=0.03 * word.font_size / 96)


@given(st.floats(0.001, 1000))
def test_a_logarithmic_axis_maps_factors_to_lengths(value):
    axis = Axis(0.001, 1000, -3.0, 3.0, [], log=True)
    assert float(axis.place(value)) == pytest.approx(np.log10(value), abs=1e-9)


def test_values_outside_an_axis_stay_at_its_end():
    axis = Axis(0, 1, -3.0, 3.0, [])
    assert [float(axis.place(value)) for value in (-1, 2)] == [-3.0, 3.0]


def test_decades_lie_inside_the_range():
    assert [value for value, _ in decades(0.0008, 45)] == [0.001, 0.01, 0.1, 1, 10]


def test_a_logarithmic_axis_has_at_least_two_ticks_within():
    rng = np.random.default_rng(0)
    for low, high in 10.0 ** np.sort(rng.uniform(-4, 8, (200, 2)), axis=1):
        found = decades(low, high)
        assert 2 <= len(found) <= 7
        assert all(low <= value <= high for value, _ in found)


def test_a_logarithmic_axis_ends_below_its_values_and_says_so_where_it_does_not():
    axis = log_axis(np.array([0.03, 0.5, 20.0]), 0, 1)
    assert (axis.low, axis.high, axis.ticks[0]) == (0.01, 38.0, (0.01, "10^(-2)"))
    cut = log_axis(np.array([0.0, 1e-12, 1.0]), 0, 1)
    assert (cut.low, cut.ticks[0]) == (1e-8, (1e-8, "<= 10^(-8)"))


@pytest.fixture(scope="module")
def plot():
    with tempconfig(FAST):
        return Plot(
            Axis(0, 1, -5.0, 1.0, [(0, "0"), (1, "1")]),
            Axis(0.01, 10, -2.0, 2.0, decades(0.01, 10), log=True),
            "lambda",
            "objective",
            DARK,
        )


def test_a_plot_maps_data_to_the_frame(plot):
    assert plot.at(0, 0.01).tolist() == [-5, -2, 0]
    assert np.allclose(plot.at([0.5, 1], [0.01, 10]), [[-2, -2, 0], [1, 2, 0]])


@given(st.floats(0, 999.9))
def test_a_live_number_shows_the_digits_of_its_value(value):
    number = live_number()
    number.show_value(value)
    assert number.text == f"{value:.3f}"
    assert np.isfinite(number.points).all()
    assert number.get_left()[0] == pytest.approx(1.0, abs=0.05)


@cache
def live_number():
    """One for all examples: its outlines take longer than showing a value."""
    with tempconfig(FAST):
        return LiveNumber(np.array([1.0, 2.0, 0.0]), 3, 40, DARK.ink)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (QUADRATIC, "a c^2 - 2 b c + d"),
        (b / a, "b/a"),
        ((b + sp.sqrt(a * c + b**2)) / a, "(b + sqrt(a c + b^2))/a"),
        (sp.Rational(1, 3) * sp.Symbol("lambda"), "lambda/3"),
        (-c, "-c"),
        (1 / a, "1/a"),
        ((a + b) ** 2, "(a + b)^2"),
    ],
)
def test_sympy_expressions_become_typst(expression, wanted):
    assert typst(expression) == wanted


def test_a_symbol_keeps_its_colour_in_a_formula():
    with tempconfig(FAST):
        formula = maths("a {{c:c}}^2", color=DARK.ink, c=DARK.constructed)
        assert formula.select("c")[0].get_fill_color().to_hex() == DARK.constructed
        assert formula[0].get_fill_color().to_hex() == DARK.ink


def test_fades_end_with_the_mobjects_own_opacities():
    class Fading(Scene):
        def construct(self):
            self.dot = Dot().set_fill(opacity=0.6)
            self.word = words("w", color=DARK.ink)
            self.play(Fade(VGroup(self.dot, self.word), away=False))
            self.after_appearing = self.dot.get_fill_opacity()
            self.shown = len(self.mobjects)
            self.play(Fade(self.mobjects[0], away=True))

    with tempconfig(FAST):
        scene = Fading()
        scene.render()
    assert scene.after_appearing == 0.6
    assert scene.shown == 1
    assert scene.mobjects == []
    assert scene.dot.get_fill_opacity() == 0.6


def test_a_clock_that_runs_no_second_is_at_its_end():
    class Still(Stage):
        def construct(self):
            self.drive(0.0, 2.0, 0.0, told.append, Dot())
            self.wait(1)

    told = []
    assert watch(Still).scene.time == 1
    assert told[-1] == 2.0
