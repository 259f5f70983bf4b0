"""Every film, found and told once for all tests of it."""

import importlib
import inspect
import os
import pkgutil
import shutil
from functools import cache

import pytest
from manim import config

import scenes
from construction.experiments.kept import record_path
from scenes.source import DEFAULT_RUN
from scenes.stage import Stage

from .rules import RULES
from .watch import watch

#: Pixels of a small picture of each format.
FORMATS = {"16:9": (320, 180), "4:3": (320, 240)}


def films():
    """The class of every scene in `scenes/`, by its module's name."""
    found = {}
    for module in pkgutil.iter_modules(scenes.__path__):
        if not module.ispkg:
            members = vars(importlib.import_module(f"scenes.{module.name}")).values()
            for one in members:
                if inspect.isclass(one) and issubclass(one, Stage) and "construct" in vars(one):
                    found[one.__module__.rsplit(".", 1)[-1]] = one
    return found


FILMS = films()


@pytest.fixture(scope="session", autouse=True)
def _typeset_once(tmp_path_factory):
    """Words that films share are set once, in whatever folder a film is told."""
    config.media_dir = str(tmp_path_factory.mktemp("media"))


@pytest.fixture(scope="session")
def seen(film_record, tmp_path_factory):
    """Tells a film by its name, in a theme and format, with every rule; each once.

    It shows its default run: the shipped record, or that of a small network for the film that is
    told of a network trained here.
    """

    @cache
    def tell(name, theme="dark", ratio="16:9"):
        width, height = FORMATS[ratio]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path_factory.mktemp(name))
            patch.setenv("CONSTRUCTION_CACHE", os.getcwd())
            patch.setenv("CONSTRUCTION_THEME", theme)
            patch.delenv("CONSTRUCTION_RUN", raising=False)
            place = record_path(DEFAULT_RUN)
            place.parent.mkdir(parents=True)
            shutil.copy(film_record, place)
            return watch(FILMS[name], RULES, pixel_width=width, pixel_height=height)

    return tell
