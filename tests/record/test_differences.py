import numpy as np
import pytest

from construction.record.findings import Findings, comparison_line, differences

FIRST = {"same": np.arange(3.0), "by": np.array([1.0, -4.0]), "words": np.array([True, False])}


@pytest.fixture
def places(tmp_path):
    """Saves two findings and gives their places."""

    def save(one: dict, other: dict):
        return Findings(one).save(tmp_path / "1.npz"), Findings(other).save(tmp_path / "2.npz")

    return save


def test_equal_arrays_are_the_same_whatever_the_manifest(places):
    one, other = places(FIRST, FIRST)
    Findings(FIRST, {"seconds": 3}).save(other)
    assert differences(one, other) == {}
    assert comparison_line(one, other, "earlier") == "the same numbers as in the earlier record"


def test_a_difference_is_relative_to_the_largest_entry_and_the_worst_comes_first(places):
    changed = {**FIRST, "by": FIRST["by"] + [0, 1e-3], "same": FIRST["same"] + 1}
    found = differences(*places(changed, FIRST))
    assert list(found) == ["same", "by"]
    assert list(found.values()) == pytest.approx([1 / 2, 1e-3 / 4])
    line = comparison_line(*places(changed, FIRST), "shipped")
    assert line == (
        "other numbers than in the shipped record, 2 arrays: same by 5.0e-01, by by 2.5e-04"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"same": FIRST["same"][:2]},
        {"same": FIRST["same"].astype(np.float32)},
        {"new": FIRST["same"]},
    ],
    ids=["shape", "type", "new"],
)
def test_another_shape_or_type_and_a_new_array_differ_altogether(places, changed):
    (name,) = changed
    one, other = places({**FIRST, **changed}, FIRST)
    assert differences(one, other) == differences(other, one) == {name: np.inf}
    assert comparison_line(one, other, "earlier").endswith(f"1 arrays: {name} by inf")


def test_what_rounding_may_have_done_counts_as_the_same_with_its_size(places):
    changed = {**FIRST, "by": FIRST["by"] * (1 + 2**-20)}
    line = comparison_line(*places(changed, FIRST), "shipped")
    assert line == f"the same numbers as in the shipped record, to {2**-20:.1e}"
    changed = {**FIRST, "by": FIRST["by"] * (1 + 2**-16)}
    assert comparison_line(*places(changed, FIRST), "shipped").startswith("other numbers than")


def test_a_sign_of_zero_is_a_difference_of_nothing_and_what_is_zero_differs_infinitely(places):
    zero = {"x": np.array([0.0])}
    assert differences(*places({"x": np.array([-0.0])}, zero)) == {"x": 0.0}
    assert differences(*places({"x": np.array([1.0])}, zero)) == {"x": np.inf}


def test_four_arrays_are_named_and_the_rest_counted(places):
    many = {f"x{k}": np.array([float(k)]) for k in range(1, 8)}
    other = {name: array + 1 for name, array in many.items()}
    line = comparison_line(*places(many, other), "earlier")
    assert line.startswith("other numbers than in the earlier record, 7 arrays: x1 by 5.0e-01, x2")
    assert line.endswith(", x4 by 2.0e-01")


def test_an_unusable_record_is_not_compared_and_says_so(places):
    one, other = places(FIRST, FIRST)
    other.write_bytes(b"")
    assert comparison_line(one, other, "earlier").startswith(
        "not compared with the earlier record, which is unusable. Expected a whole record at"
    )
