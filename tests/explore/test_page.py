"""The page as a file: its size, what it holds, and what it allows."""

import base64
import hashlib
import json
import re
import zlib

import numpy as np
import pytest

from construction.errors import ConditionError
from construction.explore.content import ORDER, Packed
from construction.explore.page import _stripped, page_of
from construction.record.record import Record, joined
from construction.theorem.construct import assess, construct, with_profile

from ..problems import PLANES, barrier, classified, left_start, right_start, trained
from .records import large, recorded, results, without_table


def held(page: str) -> tuple[dict, bytes]:
    """Entries and numbers of a page."""
    found = {
        name: zlib.decompress(base64.b64decode(text))
        for name, text in re.findall(r'<script id="(\w+)" type="text/plain">(.*?)</script>', page)
    }
    return json.loads(found["entries"]), found["numbers"]


def array(entry: dict, numbers: bytes) -> np.ndarray:
    count = int(np.prod(entry["shape"]))
    found = np.frombuffer(numbers, f"<{entry['type']}", count, entry["start"])
    return found.reshape(entry["shape"])


def table_of(entry: dict, numbers: bytes) -> np.ndarray:
    """By undoing each step of `Packed.add_table` in turn."""
    planes = array(entry, numbers).astype(np.uint32)
    unsigned = sum(plane << (8 * k) for k, plane in enumerate(planes))
    signed = np.where(unsigned & 1, -((unsigned.astype(np.int64) + 1) // 2), unsigned // 2)
    sums = signed.reshape(-1, entry["rows"]).T
    for _ in range(entry["order"]):
        sums = np.cumsum(sums, axis=1)
    return np.exp(sums / entry["fine"]) - entry["least"]


@pytest.mark.parametrize("loss", ["squared", "cross_entropy"])
def test_a_page_of_a_record_like_the_packages_own_is_below_100_kilobytes(loss):
    assert len(page_of(large(loss)).encode()) < 100_000


def test_a_parabola_comes_back_to_the_bit():
    record = recorded("squared")
    entries, numbers = held(page_of(record))
    (route,), (own,) = entries["routes"], record.routes
    assert route["kind"] == "squared"
    assert route["zero"] == own.sheet.d
    for name, wanted in (("a", own.sheet.a), ("b", own.sheet.b)):
        assert array(route["curves"][name], numbers).tobytes() == wanted.tobytes()
    assert array(route["lam"], numbers).tolist() == own.sheet.lam.tolist()


def test_a_table_comes_back_to_its_own_rounding():
    record = recorded("cross_entropy")
    entries, numbers = held(page_of(record))
    wanted = record.routes[0].sheet.table.objective.astype(float)
    found = table_of(entries["routes"][0]["curves"]["objective"], numbers)
    assert np.abs(found / wanted - 1).max() < 1.3e-7


def test_a_table_with_zeros_comes_back_and_one_below_zero_is_kept_as_it_is():
    grid = np.linspace(0, 3, 40)
    some = np.stack([np.maximum(1 - grid, 0), 1 + grid**2]).astype(np.float32)
    packed = Packed()
    entry, plain = packed.add_table(some, 1.0), packed.add_table(some - 0.5, 0.5)
    assert entry["order"] == ORDER
    np.testing.assert_allclose(table_of(entry, packed.content), some, rtol=2e-7, atol=2e-16)
    assert array(plain, packed.content).tolist() == (some - 0.5).tolist()


def test_equal_numbers_are_kept_once():
    packed = Packed()
    assert packed.add(np.arange(3.0)) == packed.add(np.arange(3.0))
    assert len(packed.content) == 24


def test_lambdas_are_thinned_and_the_ends_stay():
    path = construct(*right_start(), points=1001)
    entries, numbers = held(page_of(path.record()))
    lam = array(entries["routes"][0]["lam"], numbers)
    assert len(lam) == 201
    assert lam[[0, -1]].tolist() == [0, 1]
    assert set(lam) <= set(path.lam)


@pytest.mark.parametrize("name", ["right_start", "high_end", "left_start", "left_all_along"])
def test_a_valley_that_a_record_lacks_is_solved_as_the_library_solves_it(name):
    valley = construct(*PLANES[name](), points=101, profile="valley")
    record = valley.record()
    for route in record.routes:
        route.journeys.clear()
    entries, numbers = held(page_of(record))
    journey = entries["routes"][0]["journeys"]["valley"]
    assert not journey["recorded"]
    np.testing.assert_allclose(array(journey["objective"], numbers), valley.objective, rtol=1e-9)
    np.testing.assert_allclose(array(journey["scale"], numbers), valley.scale, rtol=1e-6, atol=1e-9)
    assert [phase["name"] for phase in journey["phases"]] == [x.name for x in valley.phases]


def test_conditions_and_answers_are_those_of_the_record():
    record = recorded("squared")
    asked = held(page_of(record))[0]["routes"][0]["conditions"]
    own = record.routes[0].conditions
    for name in ("condition_1", "condition_2", "sheet_barrier", "final_objective"):
        one = getattr(own, name)
        assert (asked[name]["value"], asked[name]["margin"]) == (one.value, one.margin)
        assert asked[name]["answer"] == one.answer
    assert (asked["theorem"], asked["path"]) == (own.theorem_answer, own.path_answer)


@pytest.mark.parametrize(
    ("problem", "profile", "asked"),
    [(left_start, "even", "theorem"), (barrier, "valley", "valley")],
)
def test_what_is_refused_is_refused_in_the_words_of_the_library(problem, profile, asked):
    with pytest.raises(ConditionError) as caught:
        construct(*problem(), points=11, profile=profile)
    record = construct(*right_start(), points=11).record()
    other = assess(*problem(), points=11)
    object.__setattr__(record.routes[0], "conditions", other)
    refused = held(page_of(record))[0]["routes"][0]["refused"][asked]
    error = caught.value
    assert refused.startswith(f"Expected {error.expected}; found {error.found}. Take another")


def test_a_record_without_table_says_what_is_missing_and_how_to_get_it():
    (route,) = held(page_of(without_table(recorded("cross_entropy"))))[0]["routes"]
    assert route["kind"] == "curves"
    assert "construct it again" in route["missing"]
    assert route["sample"] is None


def test_infinite_numbers_are_words_that_a_browser_reads():
    path = construct(*classified(), loss="cross_entropy", profile="valley", points=11)
    record = path.record()
    barrier = record.routes[0].conditions.sheet_barrier
    object.__setattr__(barrier, "value", -np.inf)
    asked = held(page_of(record))[0]["routes"][0]["conditions"]
    assert asked["sheet_barrier"]["value"] == "-Infinity"


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else():
    page = page_of(recorded("squared"))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    for name, content in (("style-src", style), ("script-src", script)):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"https?://|\bsrc=|\bhref=|url\(", page)


def test_words_of_the_user_end_no_element_of_the_page():
    record = results("squared")["paper"].record("</script><!--<b>")
    record = joined([record]).described(title="</style><script>alert(1)</script>")
    page = page_of(record)
    assert page.count("</script>") == page_of(recorded("squared")).count("</script>")
    entries, _ = held(page)
    assert entries["title"] == record.manifest["title"]
    assert entries["routes"][0]["name"] == "</script><!--<b>"


def test_the_outputs_of_a_sample_are_kept_to_a_step():
    record = recorded("squared")
    entries, numbers = held(page_of(record))
    entry, sample = entries["routes"][0]["sample"], record.routes[0].sample
    steps, peak = (array(entry[name], numbers) for name in ("outputs", "peak"))
    lam = array(entry["lam"], numbers)
    for at, row, top in zip(lam, steps, peak, strict=True):
        wanted = sample.outputs_at(float(at))
        np.testing.assert_allclose(row / 32767 * top, wanted, atol=top / 32767)


def test_a_page_is_the_same_for_the_same_record(tmp_path):
    record = recorded("squared")
    loaded = Record.load(record.save(tmp_path / "one.npz"))
    assert page_of(record) == page_of(loaded)


def test_a_custom_profile_of_the_record_comes_along():
    first = construct(*trained(), points=21)
    top = first.initial_objective
    custom = with_profile(first, lambda lam: top * (1 - 0.1 * lam)).record()
    (route,) = held(page_of(custom))[0]["routes"]
    assert {"custom", "valley"} >= set(route["journeys"]) >= {"custom"}


def test_lines_of_comment_and_indentation_are_left_out_of_a_script():
    script = "// why\n// so\nif (x) {\n  /** what */\n  f(x) // and here\n}"
    assert _stripped(script) == "if (x) {\nf(x) // and here\n}"
