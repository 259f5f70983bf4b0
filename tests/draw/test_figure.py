"""Figures show the record's own numbers, readable, in every theme, and the same bytes each time."""

import re
from dataclasses import replace

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.text import Text

from construction.commands.results import save
from construction.draw.figure import (
    PALETTES,
    SETTINGS,
    SMALL,
    add_caption,
    add_legend,
    label_below,
    panels,
    settled,
)
from construction.draw.spans import spanned
from construction.errors import InputError
from construction.experiments.path.words import caption
from construction.path.paths import Line
from construction.record.figure import path_corners
from construction.record.record import Record, joined
from construction.theorem.construct import (
    conditions_of,
    construct,
    follow,
    measure,
    with_profile,
)
from construction.theorem.monotone import record_of_sheet
from scenes import style as film

from ..problems import PLANES, barrier, right_start, trained


def solved(problem, profile, points=11, check=11, **options) -> Record:
    path = construct(*problem, profile=profile, points=points, **options)
    if check:
        path.certify(check)
    return path.record()


def all_profiles() -> Record:
    even = construct(*trained(), profile="even", points=41)
    paths = [even, with_profile(even, "paper"), with_profile(even, "valley")]
    for path in paths:
        path.certify(11)
    return joined([path.record() for path in paths])


def barred() -> Record:
    forward, sheet = measure(*barrier(), points=41)
    return record_of_sheet(forward, sheet, conditions_of(forward, sheet))


def separable() -> Record:
    """Cross-entropy with all samples right from the middle on: c* is infinite, m is 0."""
    states = [
        {"weight": torch.tensor([[w], [0.0]], dtype=torch.float64), "bias": torch.zeros(2).double()}
        for w in (1.0, -2.0)
    ]
    data = torch.ones(4, 1).double(), torch.ones(4, dtype=torch.long)
    model = torch.nn.Linear(1, 2).double()
    forward, sheet = measure(model, Line(*states), data, loss="cross_entropy", points=11)
    path = follow(forward, sheet, "valley")
    path.certify(11)
    return path.record()


def negative() -> Record:
    """Poisson's objective below zero."""
    model, line, (inputs, targets) = trained()
    data = inputs, (10 * targets.abs()).round()
    forward, sheet = measure(model, line, data, loss="poisson", points=11)
    return record_of_sheet(forward, sheet, conditions_of(forward, sheet))


RECORDS = {f.__name__: f for f in (all_profiles, barred, separable, negative)}
RECORDS |= {
    name: lambda name=name: solved(PLANES[name](), "valley")
    for name in ("short_end", "left_start", "plateau", "bump", "detour")
}


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return {name: make() for name, make in RECORDS.items()}


def words_of(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


# --- what is drawn -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_every_corner_is_a_number_of_the_record_in_order_of_lambda(records, name):
    (route,) = records[name].routes
    for profile, journey in route.journeys.items():
        (lam, height), (scale_lam, scale) = (x.T for x in path_corners(route, profile))
        known = [journey.objective, journey.certificate.objective, route.empirical[[0, -1]]]
        assert np.isin(height, np.concatenate(known)).all()
        ends = [end for phase in journey.phases for end in (phase.scale_start, phase.scale_stop)]
        assert np.isin(scale, np.concatenate([journey.scale, ends])).all()
        assert (np.diff(lam) >= 0).all()
        assert (np.diff(height) < 1e-9 * route.sheet.d).all()
        assert height[[0, -1]] == pytest.approx(route.empirical[[0, -1]], rel=1e-6)
        assert (scale_lam[0], scale_lam[-1]) == (0, 1)


def test_what_an_unchecked_record_does_not_tell_is_left_out():
    (route,) = solved(PLANES["bump"](), "valley", points=12, check=0).routes
    shrink = next(phase for phase in route.journeys["valley"].phases if phase.name == "shrink")
    assert 0 < shrink.lam_start < 1
    assert shrink.lam_start not in route.sheet.lam
    lam, height = path_corners(route, "valley")[0].T
    assert shrink.lam_start not in lam
    assert np.isfinite(height).all()


def test_the_axes_hold_the_curves_with_the_roles_colours_and_no_two_alike(records):
    record = records["all_profiles"]
    (route,) = record.routes
    colors = PALETTES["light"]
    upper, lower = record.plot().axes
    assert (upper.get_yscale(), upper.get_xlim()) == ("log", lower.get_xlim())
    curves = {
        (line.get_color(), line.get_linestyle(), str(line._dash_pattern)): line
        for line in upper.lines
        if len(line.get_xdata()) > 2
    }
    assert len(curves) == 5
    by_color = {key[0]: line for key, line in curves.items()}
    np.testing.assert_array_equal(by_color[colors.empirical].get_ydata(), route.empirical)
    np.testing.assert_array_equal(by_color[colors.dim].get_ydata(), route.sheet.minimum)
    valley = path_corners(route, "valley")[0]
    np.testing.assert_array_equal(by_color[colors.valley].get_xydata(), valley)
    levels = [line for line in upper.lines if line.get_color() == colors.zero]
    assert [list(line.get_ydata()) for line in levels] == [[route.sheet.d] * 2]
    best = next(line for line in lower.lines if line.get_color() == colors.dim)
    np.testing.assert_array_equal(best.get_ydata(), route.sheet.best_scale)


def test_a_barrier_is_drawn_from_the_start_to_the_highest_minimum(records):
    record = records["barred"]
    (route,) = record.routes
    figure = record.plot()
    (bar,) = (line for line in figure.axes[0].lines if line.get_marker() == "_")
    assert list(bar.get_xdata()) == [0.5, 0.5]
    assert list(bar.get_ydata()) == pytest.approx([route.sheet.minimum.max(), route.empirical[0]])
    assert r"from $\sup\,m$ to $L(W(0))$" in words_of(figure)
    assert "a decreasing path on this sheet: no (sup m - L(W(0)) = +0.952 at" in caption(record)


# --- axes ----------------------------------------------------------------------------------------


def test_objectives_of_zero_lie_at_the_lower_end_and_the_caption_says_so(records):
    figure = records["separable"].plot()
    upper = figure.axes[0]
    low = upper.get_ylim()[0]
    assert low > 0
    heights = [value for line in upper.lines for value in line.get_ydata()]
    assert min(heights) == low
    assert "On a logarithmic axis 0, and what lies 8 decades below" in caption(records["separable"])


def test_infinite_scales_are_shaded_and_the_legend_says_so(records):
    (route,) = records["separable"].routes
    endless = np.isinf(route.sheet.best_scale)
    assert endless.any()
    figure = records["separable"].plot()
    assert len(figure.axes[1].patches) == endless.sum()
    assert "no finite $c^*$" in words_of(figure)
    assert "no finite $c^*$" not in words_of(records["barred"].plot())


def test_a_negative_objective_makes_the_axis_linear_and_so_does_the_flag(records):
    (route,) = records["negative"].routes
    assert route.sheet.minimum.min() < 0
    for record, options in ((records["negative"], {}), (records["barred"], {"linear": True})):
        upper = record.plot(**options).axes[0]
        assert (upper.get_yscale(), upper.get_ylabel()) == ("linear", "objective")
    assert records["barred"].plot().axes[0].get_ylabel() == "objective\n(log scale)"


def test_scales_over_many_decades_are_logarithmic():
    record = solved(right_start(), "paper")
    (route,) = record.routes
    journey = route.journeys["paper"]
    assert record.plot().axes[1].get_yscale() == "linear"
    steep = replace(journey, scale=np.geomspace(1.0, 1e5, 11))
    wide = Record((replace(route, journeys={"paper": steep}),))
    assert wide.plot().axes[1].get_yscale() == "log"


@given(st.lists(st.floats(-1e3, 1e9) | st.sampled_from([0.0, np.inf]), min_size=1, max_size=9))
def test_an_axis_shows_every_finite_value_or_puts_it_at_its_lower_end(values):
    values = np.array([1.0, *values])
    for log in (True, False):
        span = spanned([values], log=log)
        shown = span.shown(values)
        finite = np.isfinite(values)
        assert (np.isfinite(shown) == finite).all()
        assert (shown[finite] >= span.low).all()
        assert (shown[finite] <= span.high).all()
        moved = finite & (shown != values)
        assert span.log or not moved.any()
        assert not span.log or span.high / span.low < 10**10
        assert (shown[moved] == span.low).all()


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [2.5, 5.5])
@pytest.mark.parametrize("name", RECORDS)
def test_no_two_words_overlap_and_none_leaves_the_page(records, name, width):
    record = records[name].described(
        title="a data set of some length · a model · an initialisation"
    )
    with matplotlib.rc_context(SETTINGS):
        figure = record.plot(width=width)
        add_caption(figure, caption(record))
    assert_words_are_readable(figure)


def assert_words_are_readable(figure) -> None:
    """No word leaves the page, and no two overlap."""
    with matplotlib.rc_context(SETTINGS):
        shown = [(text.get_text(), text.get_window_extent()) for text in _texts(figure)]
    for word, box in shown:
        assert box.x0 >= 0, word
        assert box.y0 >= 0, word
        assert box.x1 <= figure.bbox.x1, word
        assert box.y1 <= figure.bbox.y1, word
    for k, (word, box) in enumerate(shown):
        for other, its in shown[k + 1 :]:
            assert not box.overlaps(its), (word, other)


def _texts(figure) -> list[Text]:
    """All that is drawn; ticks outside the limits of their axis exist, but are not."""
    figure.draw_without_rendering()
    hidden = set()
    for axes in figure.axes:
        for axis, along, (low, high) in (
            (axes.xaxis, 0, sorted(axes.get_xlim())),
            (axes.yaxis, 1, sorted(axes.get_ylim())),
        ):
            labels = axis.get_ticklabels(which="both")
            hidden |= {one for one in labels if not low <= one.get_position()[along] <= high}
    every = set(figure.findobj(lambda one: isinstance(one, Text) and one.get_visible()))
    return [one for one in every - hidden if one.get_text()]


def test_words_are_large_and_dark_enough():
    assert SMALL >= 7
    for palette in PALETTES.values():
        for role in ("ink", "dim", "empirical", "constructed", "valley", "zero"):
            assert contrast(getattr(palette, role), palette.background) >= 4.5


def contrast(one: str, other: str) -> float:
    """Of WCAG 2.1."""

    def luminance(color: str) -> float:
        channels = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_colours_are_those_of_the_film():
    for name, theirs in (("light", film.LIGHT), ("dark", film.DARK)):
        for role, color in vars(PALETTES[name]).items():
            assert color == getattr(theirs, role)


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_the_same_record_gives_the_same_bytes_without_a_date(records, tmp_path, kind):
    files = [
        save(records["barred"].plot(), tmp_path / name / f"figure.{kind}").read_bytes()
        for name in ("one", "two")
    ]
    assert files[0] == files[1]
    assert not re.search(rb"CreationDate|ModDate|<dc:date>", files[0])


def test_the_users_settings_do_not_matter_and_come_back(records, tmp_path):
    plain = save(records["barred"].plot(), tmp_path / "plain.svg").read_bytes()
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "lines.linewidth": 9}):
        mine = save(records["barred"].plot(), tmp_path / "mine.svg").read_bytes()
        assert matplotlib.rcParams["font.size"] == 30
    assert mine == plain


def test_what_cannot_be_drawn_is_refused(records):
    with pytest.raises(
        InputError, match="a constructed path among 'even', 'paper', 'valley'; found 'st"
    ):
        records["all_profiles"].plot(profiles=["even", "steep"])
    with pytest.raises(InputError, match="among none; found 'even'"):
        records["barred"].plot(profiles=["even"])
    with pytest.raises(InputError, match=r"from 2\.5 to 100\.0 inches; found 1\."):
        records["barred"].plot(width=1)


# --- panels ------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", np.arange(2.5, 9.0, 0.25))
def test_a_legend_of_many_entries_stays_on_the_page(width):
    with settled():
        figure, axes = panels(width, ["", ""], 0.5)
        for name in ("train", "train, other seeds", "test", "$m$, least", "of all the rest"):
            axes[0].plot([0, 1], label=name)
        add_legend(figure)
        figure.draw_without_rendering()
        assert figure.legends[0].get_window_extent().x1 <= figure.bbox.width


@pytest.mark.parametrize(("width", "labels"), [(5.5, ["", "", "x", "x"]), (3.0, ["", "", "", "x"])])
def test_the_lowest_panels_alone_are_labelled_below(width, labels):
    with settled():
        _, axes = panels(width, ["one", "two", "three", "four"], 0.5, sharex=True)
        label_below(axes, "x")
    assert [panel.get_xlabel() for panel in axes] == labels
