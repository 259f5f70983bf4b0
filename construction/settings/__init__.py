"""The settings of named runs, and the files that their hash names; read without torch.

recipe, architectures   how a network is trained, and which one
kind                    what all settings have in common
path, proposition, ...  a module each kind of run: its settings, and its named runs
registry                the table of the kinds, and all runs by name
places                  where their results are cached
"""

from .architectures import LSTM, MLP, LeNet, ResNet
from .kind import Settings
from .path import Experiment
from .places import part_path, parts, record_path
from .proposition import Proposition
from .recipe import Recipe
from .registry import EXPERIMENTS, KINDS, Kind, kind_of, named

__all__ = [
    "EXPERIMENTS",
    "KINDS",
    "LSTM",
    "MLP",
    "Experiment",
    "Kind",
    "LeNet",
    "Proposition",
    "Recipe",
    "ResNet",
    "Settings",
    "kind_of",
    "named",
    "part_path",
    "parts",
    "record_path",
]
