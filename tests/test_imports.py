"""Mathematics never imports manim, scenes never import torch, and `construction` alone neither."""

import json
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import construction
import scenes
from construction.theorem.construct import construct

from .problems import right_start


def modules(package) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [package.__name__, *[module.name for module in found]]


def loaded_by(statement: str) -> set[str]:
    """The top-level packages in memory after a statement, in a process of its own."""
    code = f"{statement}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(found.stdout)}


def test_importing_the_package_alone_brings_neither_torch_nor_manim():
    loaded = loaded_by("import construction")
    assert "construction" in loaded
    assert not loaded & {"torch", "manim", "scipy", "sympy"}


def test_no_module_of_scenes_brings_torch():
    names = modules(scenes)
    assert {f"scenes.{name}" for name in ("path", "stage", "source", "style")} <= {*names}
    assert "scenes.mobjects.shapes" in names
    loaded = loaded_by(f"import {', '.join(names)}")
    assert "manim" in loaded
    assert "torch" not in loaded


def test_the_story_and_the_source_of_scenes_need_no_manim_either():
    loaded = loaded_by("import construction.experiments.path.words, scenes.source")
    assert not loaded & {"torch", "manim"}


def test_no_module_of_the_package_brings_manim():
    names = modules(construction)
    assert {"construction.training.training", "construction.__main__"} <= {*names}
    loaded = loaded_by(f"import {', '.join(names)}")
    assert "torch" in loaded
    assert not loaded & {"manim", "scenes"}


def test_a_record_is_loaded_and_read_without_torch(tmp_path):
    path = construct(*right_start(), points=5)
    path.certify(5)
    place = path.record().save(tmp_path / "record.npz")
    loaded = loaded_by(
        "from construction import Record\n"
        f"record = Record.load({str(place)!r})\n"
        "assert len(record.routes[0].journeys['paper'].objective) == 5\n"
        "assert record.routes[0].journeys['paper'].certificate.holds"
    )
    assert not loaded & {"torch", "manim"}


@pytest.mark.slow
def test_a_path_is_constructed_certified_and_recorded_with_no_more_than_it_needs(tmp_path):
    # what draws, downloads, derives or shows progress is not there; torch itself needs sympy
    absent = "tqdm", "pooch", "construction.symbolic", "matplotlib", "manim", "flint"
    loaded = loaded_by(
        "import sys\n"
        f"for name in {absent}: sys.modules[name] = None\n"
        "from construction import Record, construct\n"
        "from tests.problems import right_start\n"
        "for loss in ('squared', 'absolute'):\n"
        "    path = construct(*right_start(), loss=loss, profile='valley', points=5)\n"
        "    assert path.certify(5).holds\n"
        f"path.record().save({str(tmp_path / 'one.npz')!r})\n"
        f"Record.load({str(tmp_path / 'one.npz')!r})"
    )
    assert "torch" in loaded


@pytest.mark.parametrize("name", construction.__all__)
def test_every_public_name_is_there_and_is_its_modules_own(name):
    value = getattr(construction, name)
    assert value.__name__ == name
    assert getattr(import_module(value.__module__), name) is value


def test_public_names_are_listed_once_in_order_and_told_by_dir():
    assert sorted(set(construction.__all__)) == construction.__all__ == dir(construction)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="konstruct"):
        _ = construction.konstruct
    assert not hasattr(construction, "__wrapped__")
