"""What a second of film takes to render: user seconds, drawing and encoding included.

    python -m benchmarks.rendering [--scenes path] [--qualities l m h] [--repeat 3]
                                   [--run digits-mlp]

Each scene is rendered by manim in a process of its own, into an empty folder; the start of Python
and manim counts. Printed for each quality: median and half the spread of the middle half. `--run`
names the record that the film of constructed paths tells; it is computed where there is none.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import av

from . import middle, parser

QUALITIES = {"l": "480p15", "m": "720p30", "h": "1080p60"}
SCENES = Path(__file__).parent.parent / "scenes"


def render(scene: str, quality: str, media: str, run: str | None, *options: str) -> None:
    """A film, by manim in a process of its own, of a run where one is named."""
    command = [sys.executable, "-m", "manim", "render", "--quality", quality, "--media_dir", media]
    command += ["--progress_bar", "none", "--verbosity", "WARNING", *options]
    env = {**os.environ, "CONSTRUCTION_RUN": run} if run else None
    film = str(SCENES / f"{scene}.py")
    subprocess.run([*command, film], env=env, check=True, stdout=sys.stderr)


def rendered(scene: str, quality: str, run: str) -> tuple[float, float]:
    """User seconds of the process that renders a scene, and seconds of the film it makes."""
    with tempfile.TemporaryDirectory() as media:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        render(scene, quality, media, run if scene == "path" else None, "--disable_caching")
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        (film,) = Path(media).glob(f"videos/{scene}/{QUALITIES[quality]}/*.mp4")
        with av.open(str(film)) as opened:
            return spent, (opened.duration or 0) / av.time_base


def main() -> None:
    """Print the table."""
    words = parser(__doc__, repeat=3)
    words.add_argument("--scenes", nargs="+", default=["path"])
    words.add_argument("--qualities", nargs="+", choices=QUALITIES, default=list(QUALITIES))
    words.add_argument("--run", default="digits-mlp")
    options = words.parse_args()
    subprocess.run(
        [sys.executable, "-m", "construction", "run", options.run], check=True, stdout=sys.stderr
    )
    print("| scene | quality | seconds of film | user s a film second |")
    print("|---|---|---|---|")
    for scene in options.scenes:
        for quality in options.qualities:
            times = [rendered(scene, quality, options.run) for _ in range(options.repeat)]
            rate, off = middle([spent / lasts for spent, lasts in times])
            shown = f"{times[0][1]:.0f} | {rate:.2f} ± {off:.2f}"
            print(f"| {scene} | {QUALITIES[quality]} | {shown} |")


if __name__ == "__main__":
    main()
