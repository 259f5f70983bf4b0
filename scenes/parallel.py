"""Renders a film in several processes at once; needs no manim itself.

Manim writes a video an animation, and joins them. So do these processes: each performs the whole
scene and draws every animation that no other has taken (`scenes.drawing`). The film is, frame for
frame, the one that ``manim render`` makes. What is drawn is kept, so that an interrupted film goes
on where it stopped.
"""

import hashlib
import json
import os
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import construction
from construction.errors import ConstructionError
from construction.progress import lock_alone

#: Most animations of a film.
MOST = 10_000
#: Seconds between two looks at how far the processes are.
LOOK = 0.2


class Share:
    """What so many processes of one film share.

    Attributes:
        taken: which animations are taken, by number.
        total, drawn: frames that have to be drawn, and that are drawn; the total is 0 until known.
        made: steps of the run that makes the record, done and in all; 0 where there is one.
        rehearsed, ended: set when the total is known, and where all meet when all is drawn.
        failures: errors of the package.
    """

    def __init__(self, processes: int) -> None:
        context = get_context("spawn")
        self.taken = context.Array("b", MOST)
        self.total, self.drawn = context.Value("q", 0), context.Value("q", 0)
        self.made = context.Array("q", 2)
        self.rehearsed, self.ended = context.Event(), context.Barrier(processes)
        self.failures = context.SimpleQueue()

    def take(self, number: int) -> bool:
        """Take an animation; False if it is taken."""
        with self.taken.get_lock():
            free = not self.taken[number]
            self.taken[number] = 1
        return free

    def count(self, frames: int) -> None:
        """Say that so many frames more are drawn."""
        with self.drawn.get_lock():
            self.drawn.value += frames

    def make(self, done: int, steps: int) -> None:
        """Say how far the record is."""
        self.made[:] = [done, steps]

    @property
    def progress(self) -> float:
        """The share of all work that is done: a record that is made counts as half of it."""
        drawn = self.drawn.value / self.total.value if self.total.value else 0.0
        done, steps = self.made[:]
        return (done / steps + drawn) / 2 if steps else drawn


@dataclass(frozen=True)
class Film:
    """A scene, and how it is to be rendered.

    Attributes:
        name: of its module beside this one.
        out: the folder of the film, ``NAME.mp4``, with its captions, ``NAME.srt``, and of a folder
            ``NAME`` with a video a section and their index, ``NAME.json``.
        pixels: across and down.
        height: of the frame in manim's units, of which it is 14.2 wide.
        rate: frames a second.
        format: "mp4" or "webm"; "gif" is made of the mp4 (`scenes.gif`).
        printed: whether ``NAME`` gets the last picture of each section too, in the light theme.
    """

    name: str
    out: Path
    pixels: tuple[int, int] = (1280, 720)
    height: float = 8.0
    rate: int = 30
    format: str = "mp4"
    printed: bool = False

    @property
    def place(self) -> Path:
        """Where the film will lie."""
        return self.out / f"{self.name}.{self.format}"

    @property
    def parts(self) -> Path:
        """Where its animations are kept."""
        return self.out.absolute() / ".parts" / self.name

    @property
    def settings(self) -> dict[str, Any]:
        """Those of manim which say where files lie, and what is in them (`look`)."""
        folder = self.out.absolute()
        return {
            **self.look,
            "video_dir": str(folder),
            "sections_dir": str(folder / self.name),
            "partial_movie_dir": str(self.parts),
            "media_dir": str(self.parts.parent),
            "tex_dir": str(self.parts.parent / "words"),
            "output_file": self.name,
            "save_sections": True,
            "disable_caching": True,
            "max_files_cached": -1,
            "progress_bar": "none",
            "verbosity": "ERROR",
        }

    @property
    def look(self) -> dict[str, Any]:
        """What decides the pixels of a frame, besides the scene."""
        return {
            **dict(zip(("pixel_width", "pixel_height"), self.pixels, strict=True)),
            "frame_rate": self.rate,
            "frame_height": self.height,
            "format": self.format.replace("gif", "mp4"),
        }

    def stamp(self, records: Iterable[Path]) -> str:
        """A digest of all that decides the frames: look, theme, records, code, versions."""
        code = [Path(construction.__file__ or "").parent, Path(__file__).parent]
        settings = [
            *map(version, ("manim", "numpy")),
            sorted(self.look.items()),
            os.environ.get("CONSTRUCTION_THEME", "dark"),
        ]
        digest = hashlib.sha256(repr(settings).encode())
        files = [*sorted(set(records)), *(f for one in code for f in sorted(one.rglob("*.py")))]
        for file in files:
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def is_whole(self, records: Iterable[Path]) -> bool:
        """Whether the film is there, drawn of these records, by this code, in this look.

        So are the pictures for print, if they are asked for.
        """
        joined, index = self.parts / "joined", self.out / self.name / f"{self.name}.json"
        if not (self.place.exists() and joined.exists() and index.exists()):
            return False
        try:
            names = [section["name"] for section in json.loads(index.read_text(encoding="utf-8"))]
        except ValueError:  # damaged
            return False
        pictures = (index.with_name(f"{name}.png") for name in names if self.printed)
        return joined.read_text() == self.stamp(records) and all(one.exists() for one in pictures)


def render(film: Film, processes: int, shown: Callable[[float], None]) -> Path:
    """Render a film by so many processes; where it lies.

    `shown` receives the share of the work that is done, again and again.

    Raises:
        ConstructionError: see `scenes.source.result`; or a process failed for another reason, which
            it has printed, or was ended from outside.
    """
    share, context = Share(processes), get_context("spawn")
    workers: list[BaseProcess] = [
        context.Process(target=_work, args=(film, share, k == 0), daemon=True)
        for k in range(processes)
    ]
    try:
        for worker in workers:
            worker.start()
        _watch(film, share, workers, shown)
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
    return film.place


def _watch(
    film: Film, share: Share, workers: list[BaseProcess], shown: Callable[[float], None]
) -> None:
    """Say how far the processes are until all have ended; raise what one of them failed for."""
    running = workers
    while running:
        wait([worker.sentinel for worker in running], LOOK)
        # Taken before the failures: one that ends meanwhile is asked once more.
        running = [worker for worker in running if worker.is_alive()]
        codes = ", ".join(str(worker.exitcode) for worker in workers if worker.exitcode)
        shown(share.progress)
        if not share.failures.empty():
            raise share.failures.get()
        if codes:
            raise ConstructionError(
                f"the film {film.name!r} to be drawn",
                f"that a process ended with exit code {codes}",
                "Its own words stand above; where there are none, memory may be short: try "
                "--jobs 1. What was drawn is kept.",
            )


def _work(film: Film, share: Share, leads: bool) -> None:
    """What a process does: manim is imported there alone."""
    lock_alone()
    try:
        import_module(f"{__package__}.drawing").draw(film, share, leads)
    except BaseException as error:
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        os._exit(1)  # at once: a thread of manim's may wait for frames for ever
