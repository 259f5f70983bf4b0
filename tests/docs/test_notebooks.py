"""The students' notebooks run as they are; right answers are right, wrong ones are told so."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))}
#: A cell that hangs is ended; how long a notebook takes is measured, not tested.
CELL_SECONDS = 600
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "docs")

#: What a student who understood would write, in the order of the exercises.
ANSWERS = {
    "by-hand": {
        "rises_after": "sp.Rational(4, 8)",
        "zero_objective": "sp.Rational(5, 2)",
        "margin": "sp.Rational(51, 4)",
        "best_scale": "sp.Rational(2472, 2071)",
        "least": "sp.Rational(5, 2) - sp.Rational(309, 160) ** 2 / sp.Rational(2071, 1280)",
        "scale_half": "(b + sp.sqrt(b**2 + a * sp.Rational(85, 8))) / a",
        "last_scale": "2 * sp.Rational(10, 9) - 1",
    },
    "break-it": {
        "by_nothing": '"condition 2"',
        "condition": '"condition 1"',
        "where": "round(error.lam, 3)",
        "profile": '"valley"',
        "silent_at": "0.5",
        "uphill": '"final objective"',
    },
    "your-own-network": {
        "zero_objective": "torch.log(torch.tensor(10.0)).item()",
        "best_alpha": 'numbers["alpha"][numbers["test_objective"][0].argmin()]',
        "times": 'training["step"].sum() / training.manifest["chord"]',
        "margin": "objective(initial) - zero_objective",
        "middle": "objective(result.weights(0.5, torch.float64))",
    },
}
#: A slip for each, and a word of the hint that it has to bring.
SLIPS = {
    "by-hand": ("scale_half", "(b - sp.sqrt(b**2 + a * sp.Rational(85, 8))) / a", "larger root"),
    "break-it": ("condition", '"condition 2"', "which condition does it name"),
    "your-own-network": ("zero_objective", "10", "negative logarithm"),
}


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def filled(name: str, answers: dict[str, str], place: Path) -> Path:
    """A copy of a notebook in which answers stand in place of the dots."""
    notebook = json.loads(NOTEBOOKS[name].read_text())
    for cell in notebook["cells"]:
        lines = []
        for line in "".join(cell["source"]).splitlines():
            asked = line.removesuffix(" = ...")
            lines.append(
                f"{asked} = {answers[asked]}" if asked in answers and asked != line else line
            )
        cell["source"] = "\n".join(lines)
    copy = place / "notebooks" / f"{name}.ipynb"
    copy.parent.mkdir()
    copy.write_text(json.dumps(notebook))
    return copy


def performed(path: Path) -> tuple[str, str]:
    """What nbmake says of a notebook, and all that its cells print; run in the repository."""
    outcome = subprocess.run(
        [*PYTEST, "--nbmake", f"--nbmake-timeout={CELL_SECONDS}", "--overwrite", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    texts = [
        "".join(output.get("text", ""))
        for cell in cells(path)
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
    ]
    return outcome.stdout, "".join(texts)


def test_notebooks_are_stored_without_outputs_and_ask_something():
    assert set(NOTEBOOKS) == set(ANSWERS)
    for name, path in NOTEBOOKS.items():
        code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
        asked = [
            line.removesuffix(" = ...")
            for cell in code
            for line in "".join(cell["source"]).splitlines()
            if line.endswith(" = ...")
        ]
        assert asked == list(ANSWERS[name])


def test_what_checks_an_answer_is_folded():
    for name, path in NOTEBOOKS.items():
        code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
        asked = ["".join(cell["source"]).rstrip().endswith(" = ...") for cell in code]
        folded = [cell["metadata"].get("jupyter", {}).get("source_hidden", False) for cell in code]
        assert folded == [False, *asked[:-1]], name
        assert "is folded" in "".join(cells(path)[0]["source"])


@pytest.mark.slow
@pytest.mark.parametrize("place", ["films", "notebooks/films-here"])
def test_a_film_stands_inside_an_exercise_where_it_is_there(place, tmp_path):
    copy = filled("by-hand", {}, tmp_path)
    (tmp_path / place).mkdir()
    (tmp_path / place / "ray.mp4").write_bytes(b"a film")
    assert "1 passed" in performed(copy)[0]
    shown = [one for cell in cells(copy) for one in cell.get("outputs", ()) if "data" in one]
    pages = ["".join(one["data"].get("text/html", "")) for one in shown]
    assert sum(base64.b64encode(b"a film").decode() in page for page in pages) == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_as_it_is_and_waits_for_answers(name, tmp_path):
    said, printed = performed(filled(name, {}, tmp_path))
    assert "1 passed" in said, said
    assert printed.count("not answered yet") == len(ANSWERS[name])
    assert "Warning" not in printed


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_right_answers_are_right(name, tmp_path):
    said, printed = performed(filled(name, ANSWERS[name], tmp_path))
    assert "1 passed" in said, said
    assert "not answered yet" not in printed
    assert sum(line.startswith("right") for line in printed.splitlines()) == len(ANSWERS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_slip_is_told_with_a_hint(name, tmp_path):
    asked, slip, hint = SLIPS[name]
    said, _ = performed(filled(name, {**ANSWERS[name], asked: slip}, tmp_path))
    assert "1 failed" in said
    assert hint in said
