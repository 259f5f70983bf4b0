"""What a second of film takes to render: user seconds, drawing and encoding included.

    python -m benchmarks.rendering [--scenes path] [--qualities l m h] [--repeat 3]
                                   [--run digits-mlp]

Each scene is rendered by manim in a process of its own, into an empty folder; the start of Python
and manim counts. Printed for each quality: median and half the spread of the middle half. `--run`
names the record that the film of constructed paths tells; it is computed where there is none.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import av

QUALITIES = {"l": "480p15", "m": "720p30", "h": "1080p60"}
SCENES = Path(__file__).parent.parent / "scenes"


def rendered(scene: str, quality: str, run: str) -> tuple[float, float]:
    """User seconds of the process that renders a scene, and seconds of the film it makes."""
    command = [sys.executable, "-m", "manim", "render", "--quality", quality, "--disable_caching"]
    command += ["--progress_bar", "none", "--verbosity", "WARNING"]
    env = {**os.environ, "CONSTRUCTION_RUN": run} if scene == "path" else dict(os.environ)
    with tempfile.TemporaryDirectory() as media:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(
            [*command, "--media_dir", media, str(SCENES / f"{scene}.py")], env=env, check=True
        )
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        (film,) = Path(media).glob(f"videos/{scene}/{QUALITIES[quality]}/*.mp4")
        with av.open(str(film)) as opened:
            return spent, (opened.duration or 0) / av.time_base


def median_and_spread(values: list[float]) -> str:
    """Median and half the spread of the middle half.

    >>> median_and_spread([1.0, 2.0, 3.0])
    '2.00 ± 1.00'
    """
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else values * 3
    return f"{statistics.median(values):.2f} ± {(quarters[2] - quarters[0]) / 2:.2f}"


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(description="User seconds a second of film.")
    parser.add_argument("--scenes", nargs="+", default=["path"])
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=list(QUALITIES))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--run", default="digits-mlp")
    options = parser.parse_args()
    subprocess.run(
        [sys.executable, "-m", "construction", "run", options.run], check=True, stdout=sys.stderr
    )
    print("| scene | quality | seconds of film | user s a film second |")
    print("|---|---|---|---|")
    for scene in options.scenes:
        for quality in options.qualities:
            times = [rendered(scene, quality, options.run) for _ in range(options.repeat)]
            rate = median_and_spread([spent / lasts for spent, lasts in times])
            print(f"| {scene} | {QUALITIES[quality]} | {times[0][1]:.0f} | {rate} |")


if __name__ == "__main__":
    main()
