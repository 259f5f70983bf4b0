"""Contact sheets of films: the last picture of every section, in rows of three.

    python docs/films/sheet.py [NAME...]

Each is drawn anew from the film's record, with no video between, and kept beside this file.
"""

import sys
from importlib import import_module
from math import ceil
from pathlib import Path

from manim import tempconfig
from PIL import Image

from construction.commands.render import names_in
from scenes.stage import Stage

HERE = Path(__file__).parent
#: Pixels of a picture and between two, and how many stand in a row.
WIDTH, HEIGHT, GAP, ROW = 640, 360, 8, 3


def pictures(name: str) -> list[Image.Image]:
    """The last picture of every section of a film."""
    found = []
    film = next(
        one
        for one in vars(import_module(f"scenes.{name}")).values()
        if isinstance(one, type) and issubclass(one, Stage) and "construct" in vars(one)
    )

    class Sections(film):
        def take(self):
            self.camera.reset()
            self.camera.capture_mobjects(self.mobjects)
            found.append(Image.fromarray(self.camera.pixel_array).convert("RGB"))

        def next_section(self, *args, **kwargs):
            if self.time:
                self.take()
            super().next_section(*args, **kwargs)

        def tear_down(self):
            self.take()
            super().tear_down()

    settings = {"dry_run": True, "frame_rate": 5, "pixel_width": WIDTH, "pixel_height": HEIGHT}
    with tempconfig(
        {**settings, "progress_bar": "none", "disable_caching": True, "verbosity": "ERROR"}
    ):
        scene = Sections()
        scene.renderer.update_frame = lambda *args, **kwargs: None  # only what is taken is drawn
        scene.render()
    return found


def sheet(name: str) -> Path:
    """Write the sheet of a film."""
    shown = pictures(name)
    size = (ROW * (WIDTH + GAP) - GAP, ceil(len(shown) / ROW) * (HEIGHT + GAP) - GAP)
    whole = Image.new("RGB", size, "white")
    for k, picture in enumerate(shown):
        whole.paste(picture, (k % ROW * (WIDTH + GAP), k // ROW * (HEIGHT + GAP)))
    place = HERE / f"{name}.jpg"
    whole.save(place, quality=80, optimize=True)
    return place


if __name__ == "__main__":
    for name in sys.argv[1:] or names_in(HERE.parent.parent / "scenes"):
        print(sheet(name))
