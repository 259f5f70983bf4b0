"""Two films of tiny clips, as `render` leaves them, with a lesson plan."""

import json
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from construction.lecture.pages import write_deck
from construction.lecture.plan import read_plan
from construction.lecture.steps import steps_of

#: Of every section: its film, name, seconds, and grey at its beginning and its end.
SECTIONS = [
    ("path", "network", 1.0, 40, 90),
    ("path", "second-road", 1.5, 140, 190),
    ("ray", "over-c", 1.0, 230, 20),
]
SIZE, RATE = (128, 72), 10

PLAN = """
title = "Two & three"
[path]
title = "A first film"
run = "mnist-mlp"
[path.network]
title = "One <step>"
minutes = 2
say = "Say </script> this."
seen = "It falls."
ask = "Why?"
answer = "Because."
wrong = "Never."
formula = "c = b/a"
[ray]
title = "A second film"
run = "mnist-mlp"
[ray.over-c]
title = "Three"
minutes = 1.5
say = "And this."
"""

CAPTIONS = """1
00:00:00,500 --> 00:00:01,200
First & <best>.

2
00:00:01,200 --> 00:00:02,300
Then the
second.
"""


def write_clip(place: Path, seconds: float, first: int, last: int) -> None:
    """A video whose frames are grey, half of them as at its beginning, half as at its end."""
    with av.open(str(place), "w") as film:
        stream = film.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        frames = round(seconds * RATE)
        for k in range(frames):
            shade = first if k < frames // 2 else last
            picture = np.full((SIZE[1], SIZE[0], 3), shade, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())


def write_films(films: Path) -> None:
    """Sections with their index, whole films, and captions of the first one."""
    for name in ("path", "ray"):
        folder = films / name
        folder.mkdir(parents=True)
        index = []
        for number, (film, section, seconds, first, last) in enumerate(SECTIONS):
            if film == name:
                video = f"{name}_{number:04}_{section}.mp4"
                write_clip(folder / video, seconds, first, last)
                index.append({"name": section, "video": video, "duration": f"{seconds:f}"})
        (folder / f"{name}.json").write_text(json.dumps(index))
        write_clip(films / f"{name}.mp4", 1.0, 0, 255)
    (films / "path.srt").write_text(CAPTIONS)


@pytest.fixture(scope="session")
def lecture(tmp_path_factory) -> SimpleNamespace:
    """Folder, plan and steps of a lecture of three steps."""
    folder = tmp_path_factory.mktemp("lecture")
    write_films(folder / "films")
    (folder / "plan.toml").write_text(PLAN)
    plan = read_plan(folder / "plan.toml")
    steps = [
        step
        for chapter in plan.chapters
        for step in steps_of(chapter, folder / "films", folder / "stills")
    ]
    return SimpleNamespace(folder=folder, plan=plan, steps=steps)


@pytest.fixture(scope="session")
def deck(lecture) -> Path:
    """The deck of that lecture."""
    place = lecture.folder / "deck.html"
    write_deck(lecture.plan.title, lecture.steps, place)
    return place
