"""Contact sheets of films: the last picture of every section, in rows of three.

    python docs/films/sheet.py [NAME...]

Each is drawn anew from the film's record, with no video between, and kept beside this file.
"""

import sys
from io import BytesIO
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from construction.commands.render import names_in
from scenes.drawing import last_pictures
from scenes.parallel import Film

HERE = Path(__file__).parent
#: Pixels of a picture and between two, and how many stand in a row.
WIDTH, HEIGHT, GAP, ROW = 640, 360, 8, 3


def sheet(name: str) -> Path:
    """Write the sheet of a film."""
    with TemporaryDirectory() as out:
        places = last_pictures(Film(name, Path(out), (WIDTH, HEIGHT)))
        shown = [Image.open(BytesIO(place.read_bytes())) for place in places]
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
