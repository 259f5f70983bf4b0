"""A record comes back to the bit, or not at all."""

import errno
import os
import re
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from construction.errors import CacheError, InputError
from construction.experiments.path.curves import objective_at
from construction.files.archive import FORMAT
from construction.record.record import Record, joined
from construction.sheet.sheet import RecordedSheet
from construction.theorem.construct import construct

from ..problems import detour, right_start, through, trained
from ..runs import arrays_of, blocked, interrupt, same_routes
from .conftest import made

# --- there and back ------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [right_start, detour, trained], ids=lambda f: f.__name__)
@pytest.mark.parametrize("checks", [9, 0], ids=["checked", "unchecked"])
def test_a_record_comes_back_to_the_bit(tmp_path, problem, checks):
    profiles = ("valley",) if problem is detour else ("even", "paper", "valley")
    one = made(problem, profiles=profiles, checks=checks)
    found = Record.load(one.save(tmp_path / "record.npz"))
    assert same_routes(found, one)
    assert found.manifest == {"format": FORMAT, **one.manifest}
    certificates = [journey.certificate for journey in found.routes[0].journeys.values()]
    assert all(certificates) if checks else not any(certificates)


def test_a_record_of_several_routes_keeps_their_order_and_vertices(tmp_path):
    records = [made(name="line"), made(detour, "around", ("valley",)), made(name="again")]
    found = Record.load(joined(records).save(tmp_path / "record.npz"))
    assert [route.name for route in found.routes] == ["line", "around", "again"]
    assert same_routes(found, joined(records))


def test_a_loaded_record_is_saved_again_with_the_same_bits(saved, file):
    again = Record.load(file).save(file.with_name("again.npz"))
    with zipfile.ZipFile(again) as new, zipfile.ZipFile(file) as old:
        assert new.namelist() == old.namelist()
        assert all(new.read(name) == old.read(name) for name in old.namelist())


def test_the_certificate_comes_back_with_its_verdict(saved, file):
    for name, journey in Record.load(file).routes[0].journeys.items():
        check = saved[0].routes[0].journeys[name].certificate
        assert journey.certificate.verdict == check.verdict == "checked at 9 points"
        assert journey.certificate.off_grid.dtype == bool


def test_a_record_tells_the_objectives_that_the_path_has():
    path = construct(*trained(), points=7)
    route = path.record().route("line")
    np.testing.assert_array_equal(route.empirical, path.empirical)
    np.testing.assert_array_equal(route.journeys["paper"].objective, path.objective)


def test_the_contract_for_saving_and_loading_holds(tmp_path):
    result = construct(*trained(), points=7)
    path = tmp_path / "new" / "folder" / "record.npz"
    assert result.record().save(str(path)) == path
    found = Record.load(str(path)).routes[0]
    np.testing.assert_array_equal(found.sheet.lam, result.lam)
    np.testing.assert_array_equal(found.journeys["paper"].scale, result.scale)
    np.testing.assert_array_equal(found.journeys["paper"].target, result.target)
    np.testing.assert_array_equal(found.sheet.minimum, result.minimum)
    assert found.journeys["paper"].phases == result.phases
    assert found.conditions == result.conditions
    assert found.journeys["paper"].certificate is None


def test_entries_are_added_to_the_manifest_of_a_new_record():
    one = made(checks=0)
    more = one.described(seconds=3, title="Another")
    assert more.manifest == {**one.manifest, "seconds": 3, "title": "Another"}
    assert one.manifest["title"] == "Two numbers"


def test_entries_of_the_manifest_do_not_make_a_record_unreadable(tmp_path):
    one = made(checks=0).described(format=99, routes=[], checksum="none")
    assert same_routes(Record.load(one.save(tmp_path / "record.npz")), one)


# --- routes and labels ---------------------------------------------------------------------------


def test_journeys_on_routes_of_one_name_come_together():
    first, second = made(profiles=("paper",)), made(profiles=("valley",))
    other = made(name="other", profiles=("even",))
    found = joined([first, other, second])
    assert [route.name for route in found.routes] == ["line", "other"]
    assert list(found.route("line").journeys) == ["paper", "valley"]
    assert list(found.route("other").journeys) == ["even"]
    expected = arrays_of(first) | arrays_of(second) | arrays_of(other)
    assert arrays_of(found).keys() == expected.keys()


def test_a_route_that_is_not_there_is_refused_with_those_that_are():
    both = joined([made(checks=0), made(name="around", checks=0)])
    assert both.route("around") is both.routes[1]
    with pytest.raises(InputError, match="a route among 'line', 'around'; found 'x'"):
        both.route("x")


@pytest.mark.parametrize(
    ("problem", "labels"),
    [
        (right_start, ("initial", "final")),
        (lambda: through((4, 0.5), (1, 0), (0.9, 0)), ("initial", "vertex 1", "final")),
        (detour, ("initial", "final")),
    ],
    ids=["line", "polyline", "any-callable"],
)
def test_the_vertices_are_labelled_by_their_place(problem, labels):
    (route,) = construct(*problem(), profile="valley", points=5).record().routes
    assert tuple(label for _, label in route.vertices) == labels
    assert [lam for lam, _ in route.vertices] == np.linspace(0, 1, len(labels)).tolist()


@pytest.mark.parametrize("labels", [("one",), ("one", "two", "three")])
def test_another_number_of_labels_than_vertices_is_refused(labels):
    path = construct(*right_start(), points=5)
    with pytest.raises(InputError, match=f"2 labels; found {len(labels)}. Give one a vertex"):
        path.record("line", labels)


@pytest.mark.parametrize(
    "given",
    [
        *({"labels": labels} for labels in ([1, 2], "ab", 3)),
        {"held_out": "maybe"},
        {"name": 3},
    ],
    ids=str,
)
def test_what_could_not_be_loaded_again_is_refused(given):
    ((name, value),) = given.items()
    path = construct(*right_start(), points=5)
    words = rf"{name} of MonotonePath\.record\(\) as .*; found {re.escape(repr(value))}\. See help"
    with pytest.raises(InputError, match=words):
        path.record(**given)


@pytest.mark.parametrize("told", [1, np.True_, True])
def test_what_counts_as_true_is_kept_as_true(told, tmp_path):
    path = construct(*right_start(), points=5)
    few = tuple(part[:1] for part in right_start()[2])
    kept = path.record(sample=few, held_out=told).save(tmp_path / "record.npz")
    assert Record.load(kept).routes[0].sample.held_out is True


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [1, 2, 5])
def test_an_interrupted_save_leaves_the_old_record_and_nothing_else(saved, file, monkeypatch, call):
    interrupt(monkeypatch, np.lib.format, "write_array", call)
    with pytest.raises(KeyboardInterrupt):
        made(detour, profiles=("valley",)).save(file)
    assert file.read_bytes() == saved[1]
    assert list(file.parent.iterdir()) == [file]


def test_a_save_replaces_the_old_record_and_leaves_no_other_file(file):
    other = made(detour, profiles=("valley",))
    other.save(file)
    assert same_routes(Record.load(file), other)
    assert list(file.parent.iterdir()) == [file]


def test_a_record_that_could_not_be_loaded_is_not_saved(saved, file):
    route = saved[0].routes[0]
    sheet = replace(route.sheet, a=np.full_like(route.sheet.a, np.nan))
    with pytest.raises(InputError, match="NaN or infinite"):
        Record((replace(route, sheet=sheet),)).save(file)
    assert file.read_bytes() == saved[1]


def test_a_folder_that_cannot_be_written_is_a_cache_error(saved, tmp_path):
    with pytest.raises(CacheError, match="to write in the folder"):
        saved[0].save(blocked(tmp_path) / "record.npz")


def test_the_disk_running_full_is_a_cache_error_and_leaves_the_old_record(saved, file, monkeypatch):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(CacheError, match="No space left on device"):
        saved[0].save(file)
    assert file.read_bytes() == saved[1]
    assert list(file.parent.iterdir()) == [file]


def test_a_loss_of_ones_own_by_the_name_of_another_keeps_its_own_sheet(tmp_path):
    def squared(p, y):  # no mean of squares, so that no parabola is its sheet
        return (p - y).abs().sum(1)

    model, line, (x, y) = trained()
    path = construct(model, line, (x, y), loss=squared, points=9, profile="valley")
    found = Record.load(path.record().save(tmp_path / "record.npz")).routes[0]
    assert (found.loss, type(found.sheet)) == ("squared", RecordedSheet)
    c = found.sheet.table.scale[[30, -1]]
    for k in (0, 8):  # what the film draws, from the table, is as high as the network's outputs
        state = path.forward.path(float(path.lam[k]))
        with torch.no_grad():
            outputs = torch.func.functional_call(model, state, (x,))
        exact = [float((s * outputs - y).abs().sum(1).mean()) for s in c]
        drawn = objective_at(found, np.full(2, path.lam[k]), c)
        assert drawn == pytest.approx(exact, rel=1e-6)
