"""A path shows itself: in words, as a table and as a page, with the numbers that it has."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from construction.answers import Proof
from construction.palette import LIGHT
from construction.record.record import Record
from construction.theorem.construct import conditions_of, construct, measure
from construction.theorem.monotone import record_of_sheet

from ..problems import PLANES, barrier, right_start, trained
from ..test_imports import loaded_by

PATHS = {"descends": (right_start, "paper"), "shrinks": (PLANES["bump"], "valley")}
PATHS |= {"left": (PLANES["left_start"], "valley")}


@pytest.fixture(scope="module", params=PATHS)
def path(request):
    problem, profile = PATHS[request.param]
    return construct(*problem(), profile=profile, points=12)


@pytest.mark.parametrize(("problem", "profile"), PATHS.values(), ids=PATHS)
def test_two_lines_say_what_was_checked_and_how_far_c_goes(problem, profile):
    path = construct(*problem(), profile=profile)
    first, second = repr(path).splitlines()
    assert first == f"MonotonePath, profile '{path.profile.name}': not checked, certify() does"
    scales = [path.at(s).scale for s in np.linspace(0, 1, 301)]
    low, high = (float(word) for word in second.split(",")[0].split()[2::2])
    assert low == pytest.approx(min(scales), rel=1e-2)
    assert high == pytest.approx(max(scales), rel=1e-2)
    ends = second.partition("objective from ")[2].partition(";")[0].split(" to ")
    assert [float(end) for end in ends] == pytest.approx(
        [path.at(0).objective, path.at(1).objective], rel=1e-3
    )


@pytest.mark.parametrize(
    ("proof", "end"),
    [
        (None, "checked at 7 points"),
        ("of this path", "checked at 7 points; a decreasing path is proved to exist"),
        (Proof((), reason="a layer is unknown"), "checked at 7 points; no path is proved"),
    ],
)
def test_what_was_proved_stands_beside_what_was_checked(proof, end):
    path = construct(*right_start(), points=5)
    found = path.certify(7, prove=proof == "of this path")
    if isinstance(proof, Proof):
        path.certificate = replace(found, proof=proof)
    assert repr(path).splitlines()[0].endswith(f": {end}")


def test_a_failed_check_is_no_verdict_of_a_path():
    path = construct(*right_start(), points=5)
    path.certificate = replace(path.certify(7, prove=False), largest_step=0.5)
    assert "not satisfied at 7 points: the objective rises by 0.5" in repr(path)


def test_the_table_has_equal_columns_with_the_points_of_the_path(path):
    table = path.table()
    assert {len(column) for column in table.values()} == {12}
    for k in range(12):
        point = path.at(float(table["s"][k]))
        assert (point.lam, point.scale) == pytest.approx((table["lam"][k], table["scale"][k]))
        assert point.objective == pytest.approx(table["objective"][k])
    assert np.array_equal(table["empirical"], path.empirical)
    assert np.array_equal(table["minimum"], path.minimum)


def test_a_record_tells_the_same_table_after_a_round_over_the_disk(path, tmp_path):
    record = Record.load(path.record().save(tmp_path / "one.npz"))
    for name, column in path.table().items():
        assert np.array_equal(record.table()[name], column), name
    assert repr(record).splitlines()[2:] == repr(path).partition(", ")[2].splitlines()


def test_the_page_has_both_answers_every_condition_and_the_curves(path):
    page = ElementTree.fromstring(f"<div>{path._repr_html_()}</div>")
    answers = [bold.text for bold in page.iter("b")][1:]
    assert answers == [path.conditions.theorem_answer, path.conditions.path_answer]
    rows = {row[0].text: row[1].text for row in page.iter("tr")}
    known = [one for one in vars(path.conditions).values() if one]
    assert {one.name: one.answer for one in known}.items() <= rows.items()
    color = LIGHT.empirical.lower()
    drawn = [one.get("d") for one in page.iter() if one.get("style", "").find(color) > 0]
    heights = [float(at.split()[1]) for at in drawn[0].strip("M ").split("L")]
    assert len(heights) == 12
    order = np.argsort(path.empirical)
    assert (np.diff(np.array(heights)[order]) <= 0).all(), "higher objectives stand higher"


def test_without_a_path_a_record_says_why_and_a_title_is_no_markup():
    forward, sheet = measure(*barrier(), points=11)
    record = record_of_sheet(forward, sheet, conditions_of(forward, sheet))
    assert repr(record.described(title="A & B")) == (
        "Record 'A & B'\npath, 11 lambdas\nthe theorem applies: no; a decreasing path on this "
        "sheet: no"
    ).replace("path, 11", f"{record.routes[0].name}, 11")
    odd = Record((replace(record.routes[0], name="<script>"),))
    assert "<script>" not in odd._repr_html_()
    assert set(record.table()) == {"lam", "empirical", "minimum", "best_scale"}


def test_plot_is_a_picture_in_notebooks_of_results_and_records():
    path = construct(*trained(), profile="valley", points=11)
    for figure in (path.plot(width=4.0), path.record().plot(theme="dark")):
        with Image.open(BytesIO(figure._repr_png_())) as picture:
            assert picture.width == pytest.approx(144 * figure.get_figwidth(), abs=1)


def test_a_record_is_shown_without_torch_and_told_without_matplotlib(tmp_path):
    place = construct(*right_start(), points=5).record().save(tmp_path / "record.npz")
    script = (
        f"from construction import Record\nrecord = Record.load({str(place)!r})\n"
        "repr(record), record._repr_html_(), record.table()"
    )
    assert "torch" not in loaded_by(f"{script}\nrecord.plot()")
    told = script.replace("record._repr_html_(), ", "")
    assert "matplotlib" not in loaded_by(told)
