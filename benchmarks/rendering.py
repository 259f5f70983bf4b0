"""What a second of the film takes to render, against the same scene written without care.

    python -m benchmarks.rendering [--qualities l m h] [--repeat 3] [--run digits-mlp] [--film]

The section in which lambda runs is rendered by manim, each time in a process of its own and into an
empty folder: as the film has it, and written with manim's `always_redraw` and `DecimalNumber`
(`benchmarks.redrawn`; tests/test_rendering.py compares what the two show). Printed: user seconds,
drawing and encoding, a second of film while lambda runs, as median and half the spread of the
middle half; and user seconds of the whole process, with the start of Python and manim and with
what stands still set in Typst. `--film` renders the whole film as well, which has no counterpart.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import av

from construction.errors import RecordError
from construction.experiments.kept import record_path
from construction.record.record import Record

QUALITIES = {"l": "480p15", "m": "720p30", "h": "1080p60"}
SECTIONS = {"film": "travel.py", "redrawn": "redrawn.py"}
HERE = Path(__file__).parent


def record_of(run: str, folder: Path) -> Path:
    """The record of a named run, from the cache, or else made in a folder."""
    try:
        Record.load(record_path(run))
        return record_path(run)
    except RecordError:
        command = [sys.executable, "-m", "construction", "run", run, "--fresh"]
        cache = {**os.environ, "CONSTRUCTION_CACHE": str(folder)}
        subprocess.run(command, env=cache, check=True, stdout=sys.stderr)
        (made,) = (folder / "records").glob(f"{run}-*.npz")
        return made


def render(scene: Path, quality: str, record: Path, media: str) -> tuple[str, float]:
    """What a scene prints, and the user seconds of the process that renders it."""
    command = [sys.executable, "-m", "manim", "render", "--quality", quality]
    command += ["--media_dir", media, "--progress_bar", "none", "--verbosity", "WARNING"]
    env = {**os.environ, "CONSTRUCTION_RUN": str(record)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [*command, str(scene)], env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def section(name: str, quality: str, record: Path) -> tuple[float, float]:
    """User seconds a film second while lambda runs, and user seconds of the process."""
    with tempfile.TemporaryDirectory() as media:
        printed, whole = render(HERE / SECTIONS[name], quality, record, media)
    told = json.loads(printed.splitlines()[-1])
    return told["spent"] / told["lasted"], whole


def film(quality: str, record: Path) -> tuple[float, float]:
    """User seconds a film second of the whole film, and user seconds of the process."""
    with tempfile.TemporaryDirectory() as media:
        _, whole = render(HERE.parent / "scenes" / "path.py", quality, record, media)
        (video,) = Path(media).glob("videos/path/*/Path.mp4")
        with av.open(str(video)) as opened:
            lasted = (opened.duration or 0) / av.time_base
    return whole / lasted, whole


def told(values: list[float]) -> str:
    """Median and half the spread of the middle half."""
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"{statistics.median(values):.2f} ± {(quarters[2] - quarters[0]) / 2:.2f}"


def row(quality: str, name: str, values: list[float], whole: list[float], ratio: str) -> str:
    """One line of the table."""
    return f"| {QUALITIES[quality]} | {name} | {told(values)} | {ratio} | {told(whole)} |"


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description="User seconds a second of film.")
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=list(QUALITIES))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--run", default="digits-mlp")
    parser.add_argument("--film", action="store_true", help="the whole film as well")
    options = parser.parse_args()
    print("| quality | scene | user s a film second | ratio | user s of the process |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        record = record_of(options.run, Path(folder))
        for quality in options.qualities:
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in SECTIONS}
            for _ in range(options.repeat):
                for name, times in taken.items():
                    times.append(section(name, quality, record))
            rates = {name: [rate for rate, _ in times] for name, times in taken.items()}
            wholes = {name: [whole for _, whole in times] for name, times in taken.items()}
            ratio = statistics.median(rates["redrawn"]) / statistics.median(rates["film"])
            print(row(quality, "lambda runs", rates["film"], wholes["film"], f"{ratio:.1f}"))
            print(row(quality, "the same, redrawn", rates["redrawn"], wholes["redrawn"], ""))
            if options.film:
                found = [film(quality, record) for _ in range(options.repeat)]
                rate, whole = map(list, zip(*found, strict=True))
                print(row(quality, "the whole film", rate, whole, ""))


if __name__ == "__main__":
    main()
