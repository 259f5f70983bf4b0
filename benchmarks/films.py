"""How long films take: user seconds a film second of `construction render`, of every scene.

    python -m benchmarks.films [NAME...] [--qualities l m h] [--run digits-mlp]

The start of Python and manim, the rehearsal, the setting of words and encoding are included.
`--run` names the record that the main film tells.
"""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import av

from construction.commands.render import QUALITIES, names_in

from . import head, parser, row

ROOT = Path(__file__).parent.parent


def user_seconds(*command: str) -> float:
    """Of a command of this package."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    words = (sys.executable, "-m", "construction", *command)
    subprocess.run(words, cwd=ROOT, check=True, stdout=sys.stderr)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def scene(name: str, quality: str, run: str) -> None:
    """Print a row of the table."""
    with tempfile.TemporaryDirectory() as out:
        record = ("--run", run) if name == "path" else ()
        user = user_seconds("render", name, "--quality", quality, "--out", out, *record)
        with av.open(f"{out}/{name}.mp4") as film:
            lasts = (film.duration or 0) / av.time_base
    _, height, rate = QUALITIES[quality]
    row(name, f"{height}p{rate}", f"{lasts:.0f}", f"{user / lasts:.2f}")


def main() -> None:
    """Print the table."""
    words = parser(__doc__)
    words.add_argument("names", nargs="*")
    words.add_argument("--qualities", nargs="+", choices=QUALITIES, default=["l", "m", "h"])
    words.add_argument("--run", default="digits-mlp")
    options = words.parse_args()
    user_seconds("run", options.run)
    head("scene", "quality", "seconds of film", "user s a film second")
    for name in options.names or names_in(ROOT / "scenes"):
        for quality in options.qualities:
            scene(name, quality, options.run)


if __name__ == "__main__":
    main()
