"""``render``: films of `scenes`, several processes at a time; needs manim, and no torch."""

import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm import tqdm

from ..errors import InputError
from ..files.storage import ensure_folder
from . import Exit
from .options import QUALITIES

#: How the bar looks.
BAR = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left"
#: Where the films are: beside the package in a checkout, in it when it is installed.
CHECKOUT, INSTALLED = "scenes", "construction.films"


def execute(options: Namespace) -> Exit:
    """Render the films one after the other, and say where each lies."""
    names = None if options.all else options.names
    for film in asked_for(names, options, options.out, options.format):
        with progress(film.name) as shown:
            place = films().render(film, options.jobs, shown)
        print(place, flush=True)
    return Exit.DONE


def asked_for(
    names: Sequence[str] | None, options: Namespace, out: Path, kind: str = "mp4"
) -> list[Any]:
    """Films, `scenes.parallel.Film`, in the look of the options, which all processes get to know.

    With None instead of names all that there are; a kind is "mp4", "gif" or "webm".

    Raises:
        InputError: no such film, or none at all.
        CacheError: the folder cannot be written.
    """
    there = names_in(Path(str(films().__file__)).parent)
    names = there if names is None else names
    unknown = [name for name in names if name not in there]
    if unknown or not names:
        raise InputError(
            f"names of films among {', '.join(there)}",
            repr(unknown[0]) if unknown else "none",
            "Name some, or say --all.",
        )
    os.environ["CONSTRUCTION_THEME"] = options.theme
    if options.run:
        os.environ["CONSTRUCTION_RUN"] = options.run
    ensure_folder(out)
    across, down, rate = QUALITIES[options.quality]
    pixels, height = (across, down), 8.0
    if options.aspect == "4:3":  # as wide in manim's units, and higher
        pixels, height = (down * 4 // 3, down), 32 / 3
    return [films().Film(name, out, pixels, height, rate, kind) for name in names]


def films(module: str = "parallel") -> ModuleType:
    """The module that renders films, or another beside it, of a checkout or as installed.

    Raises:
        InputError: manim is missing, or the films are.
    """
    root = Path(__file__).parents[2]
    if (root / CHECKOUT / "stage.py").is_file():
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))  # also for the processes that draw
        return import_module(f"{CHECKOUT}.{module}")
    if find_spec(INSTALLED) is None:
        raise InputError(
            "the films, as a checkout or a wheel has them",
            f"neither {CHECKOUT} beside the package nor {INSTALLED}",
            "Install the package anew, from a wheel.",
        )
    return import_module(f"{INSTALLED}.{module}")


def names_in(folder: Path) -> list[str]:
    """The films of a folder: modules with a scene of their own."""
    scene = re.compile(r"^class .*\n(?:.*\n)*?    def construct\(self\)", re.MULTILINE)
    files = sorted(folder.glob("*.py"))
    return [file.stem for file in files if scene.search(file.read_text(encoding="utf-8"))]


@contextmanager
def progress(name: str) -> Iterator[Callable[[float], None]]:
    """One bar over all work, the record's if it is made now, with time left; on a terminal alone.

    It receives the share that is done.
    """
    with tqdm(total=1.0, desc=name, disable=None, leave=False, smoothing=0, bar_format=BAR) as bar:
        yield lambda done: bar.update(done - bar.n)
