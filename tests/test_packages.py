"""What is installed: `construction` alone, the films in it; and a source distribution is whole."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("construction", "scenes", "tests", "docs", "benchmarks")
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "media")


def python(code: str, folder: Path) -> str:
    """What code prints in a process of its own, with this folder first to import from."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with a wheel, an editable one and a source distribution."""
    source, out = tmp_path_factory.mktemp("source") / "tree", tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, source, ignore=LEFT_OUT)
    for kind in ("wheel", "sdist", "editable"):
        (out / kind).mkdir()
        python(
            f"from setuptools import build_meta as b; b.build_{kind}({str(out / kind)!r})", source
        )
    return out


def files_of(folder: str) -> set[str]:
    """Those of the tree, from its root on."""
    found = (ROOT / folder).rglob("*")
    kept = (path.relative_to(ROOT) for path in found if path.is_file())
    return {str(path) for path in kept if "__pycache__" not in path.parts and path.name[0] != "."}


def test_a_wheel_holds_the_package_alone_with_the_films_in_it(built):
    (wheel,) = (built / "wheel").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name for name in names if ".dist-info/" not in name}
    films = {name for name in files_of("scenes") if name.endswith(".py")}
    elsewhere = {name.replace("scenes/", "construction/films/", 1) for name in films}
    notebooks = {Path(name).name for name in files_of("docs/notebooks")}
    elsewhere |= {f"construction/lecture/notebooks/{name}" for name in notebooks}
    assert len(notebooks) == 3
    assert inside == files_of("construction") | elsewhere
    (top,) = (name for name in names if name.endswith("top_level.txt"))
    assert zipfile.ZipFile(wheel).read(top).split() == [b"construction"]


def test_installed_films_know_each_other_and_hide_no_scenes_of_the_users(built, tmp_path):
    (wheel,) = (built / "wheel").iterdir()
    zipfile.ZipFile(wheel).extractall(tmp_path)
    (tmp_path / "scenes.py").write_text("mine = True")
    code = (
        "import scenes, construction.films.path as film\n"
        "from construction.films.stage import Stage\n"
        "assert scenes.mine and issubclass(film.Path, Stage)\n"
        "print(film.__file__)"
    )
    assert python(code, tmp_path).strip() == str(tmp_path / "construction" / "films" / "path.py")


def test_an_editable_install_names_the_films_as_the_checkout_does(built):
    (wheel,) = (built / "editable").iterdir()
    held = zipfile.ZipFile(wheel)
    (finder,) = (name for name in held.namelist() if name.endswith("_finder.py"))
    mapping = next(x for x in held.read(finder).decode().splitlines() if x.startswith("MAPPING"))
    assert "'scenes': " in mapping
    assert "films" not in mapping


@pytest.mark.slow
def test_a_source_distribution_is_whole_and_passes_its_own_tests(built, tmp_path):
    (archive,) = (built / "sdist").iterdir()
    with tarfile.open(archive) as held:
        held.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    unpacked = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    wanted = set().union(*map(files_of, FOLDERS)) | {"Makefile", "constraints.txt", "README.md"}
    assert wanted <= unpacked
    code = (
        "import pytest\n"
        "wanted = ['tests/test_readme.py', 'tests/path', 'tests/loss/test_apart.py']\n"
        "raise SystemExit(pytest.main(['-q', '-p', 'no:cacheprovider', *wanted]))"
    )
    assert " passed" in python(code, root)


def test_a_scene_without_manim_says_what_to_install():
    code = (
        "sys.modules['manim'] = None\n"
        "from construction.errors import InputError\n"
        "try:\n    import scenes.path\nexcept InputError as error:\n    print(error)"
    )
    said = "Expected manim, which draws the films; found that it is missing. pip install"
    assert python(code, ROOT).startswith(said)
