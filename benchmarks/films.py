"""How long films take, of every scene, or from a fresh machine to the first one.

    python -m benchmarks.films [NAME...] [--qualities l m h] [--run digits-mlp]
    python -m benchmarks.films --first [--setup]

Of scenes: user seconds a film second of `construction render`, the start of Python and manim, the
rehearsal, the setting of words and encoding included. `--run` names the record that the main film
tells. `--first` is what ``make path`` does after its set-up, seconds and user seconds of computing
into an empty cache and of rendering into an empty folder; `--setup` measures the set-up as well, in
a copy of the tree, and needs a package registry.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

from construction.commands.render import QUALITIES, names_in

from . import parser

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, "-m", "construction")


def spent(*command: str, **env: str) -> tuple[float, float]:
    """Seconds and user seconds of a command."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    whole = {**os.environ, **env}
    subprocess.run(command, cwd=ROOT, env=whole, check=True, stdout=sys.stderr)
    user = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return time.perf_counter() - began, user


def scene(name: str, quality: str, run: str) -> str:
    """A row of the table of scenes."""
    with tempfile.TemporaryDirectory() as out:
        record = ("--run", run) if name == "path" else ()
        _, user = spent(*COMMAND, "render", name, "--quality", quality, "--out", out, *record)
        with av.open(f"{out}/{name}.mp4") as film:
            lasts = (film.duration or 0) / av.time_base
    _, height, rate = QUALITIES[quality]
    return f"| {name} | {height}p{rate} | {lasts:.0f} | {user / lasts:.2f} |"


def first(setup: bool) -> None:
    """The table of the first film."""
    print("| stage | seconds | user seconds |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        stages = {
            "computing": (*COMMAND, "run", "mnist-mlp"),
            "rendering": (*COMMAND, "render", "path", "--out", folder),
        }
        tree = f"{folder}/tree"
        if setup:
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", "media", ".git"))
            stages = {"set-up": ("make", "-C", tree, ".venv/film"), **stages}
        for stage, command in stages.items():
            seconds, user = spent(*command, CONSTRUCTION_CACHE=f"{folder}/cache")
            print(f"| {stage} | {seconds:.0f} | {user:.0f} |", flush=True)


def main() -> None:
    """Print a table."""
    words = parser(__doc__)
    words.add_argument("names", nargs="*")
    words.add_argument("--qualities", nargs="+", choices=QUALITIES, default=["l", "m", "h"])
    words.add_argument("--run", default="digits-mlp")
    words.add_argument("--first", action="store_true")
    words.add_argument("--setup", action="store_true")
    options = words.parse_args()
    if options.first:
        first(options.setup)
        return
    spent(*COMMAND, "run", options.run)
    print("| scene | quality | seconds of film | user s a film second |\n|---|---|---|---|")
    for name in options.names or names_in(ROOT / "scenes"):
        for quality in options.qualities:
            print(scene(name, quality, options.run), flush=True)


if __name__ == "__main__":
    main()
