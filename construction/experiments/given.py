"""Networks that others trained: their weights, from a folder of the user's, checked by their error.

The environment variable CONSTRUCTION_WEIGHTS names the folder. In it lies a file a network, called
as by `file_name`, with an ending of `construction.files.weights`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ..errors import InputError, WeightsError
from ..files.weights import ENDINGS, checksum, load_weights
from ..network.evaluation import run
from ..network.published import from_published
from ..network.states import State
from ..training.build import inputs_of
from ..training.recipe import Recipe
from ..training.training import Run
from .settings import Published
from .stages import Stages

FOLDER = "CONSTRUCTION_WEIGHTS"
#: By how much the test error may differ from what is said: ten of 10,000 images, as pixels are
#: standardised by numbers that differ in the fourth digit, and processors round apart.
ALLOWED = 0.001
#: Deviation of the head's initial weights in the code of Li et al.
HEAD = 1e-3
#: Images that are evaluated together.
BATCH = 500


@dataclass(frozen=True)
class Given(Run):
    """The published weights, and initial ones beside them; how they were trained is not known.

    Attributes:
        folder: the file of the published weights.
        error: theirs on all test images, as measured.
    """

    error: float

    def checkpoint(self, step: int) -> State:
        """The published weights, which are the only ones."""
        return from_published(load_weights(self.folder), self.model())

    @property
    def initial(self) -> State:
        """Initial weights of the recipe's seed, drawn as the authors' code does."""
        state = self.model().state_dict()
        head = list(state)[-2]  # its weight; everything else begins so as "he"
        return {**state, head: state[head] * (HEAD / (2 / state[head].shape[1]) ** 0.5)}


def networks(recipes: Iterable[Recipe | Published], stages: Stages) -> list[Run]:
    """The networks in order, read and checked, then trained; errors of `given` and `train_all`."""
    every = list(recipes)
    read = {one: given(one, stages.device) for one in every if isinstance(one, Published)}
    trained = iter(stages.train_all(one for one in every if isinstance(one, Recipe)))
    return [read[one] if isinstance(one, Published) else next(trained) for one in every]


def given(published: Published, device: str) -> Given:
    """The weights that the folder has, once their test error is what it is said to be.

    Raises:
        InputError: no folder is named.
        WeightsError: no such file, weights of another network or form, or with another error.
        DataError: see `construction.data.load`.
    """
    recipe, folder = published.recipe, os.environ.get(FOLDER)
    name = file_name(recipe)
    expected = f"a file {name}{ENDINGS[0]} in the folder that {FOLDER} names"
    remedy = f"Take the weights of {published.origin}."
    if not folder:
        raise InputError(expected, "that it is not set", remedy)
    files = [Path(folder) / f"{name}{ending}" for ending in ENDINGS]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise WeightsError(expected, f"none, nor with another ending, in {folder}", remedy)
    found = Given(recipe, file, (0,), (), 0.0, "", published.error)
    weights, model = found.final, found.model().eval().to(device)
    state = {entry: value.to(device) for entry, value in weights.items()}
    inputs, labels = (one.to(device) for one in inputs_of(replace(recipe, samples=1))[2:])
    with torch.no_grad():
        outputs = torch.cat([run(model, state, x) for x in inputs.split(BATCH)])
    error = float((outputs.argmax(1) != labels).double().mean())
    if abs(error - published.error) > ALLOWED:
        said = f"{published.error:.2%}, as is said of the weights"
        raise WeightsError(f"a test error of {said} {name}", f"{error:.2%} of {file}", remedy)
    return replace(found, weights_checksum=checksum(weights), error=error)


def file_name(recipe: Recipe) -> str:
    """What the part of a network, and the file of its published weights, is called.

    >>> from construction.network.architectures import ResNet
    >>> file_name(Recipe(architecture=ResNet(56, shortcuts=False)))
    'resnet-56-without-shortcuts'
    """
    return recipe.architecture.label.lower().replace(" ", "-")
