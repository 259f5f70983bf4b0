"""Runs that measure how far training strays from the straight line, beside random walks."""

from dataclasses import dataclass, replace

from ...network.architectures import MLP
from ...training.recipe import Recipe
from ..settings import Settings

#: 500 steps, each of which is kept: nothing else gives the length of the path.
SGD = Recipe(
    architecture=MLP((784, 128, 10)),
    loss="cross_entropy",
    optimiser="sgd",
    rate=0.1,
    schedule="constant",
    epochs=10,
    checkpoints=500,
)


@dataclass(frozen=True)
class Published:
    """The random walk of the published figure, whose line ends at the step `solution`.

    The picture tells it: the residual comes back to 0 at about 958 and then rises to about 305,
    where 900 and 100 unit steps in 1000 dimensions are expected to go sqrt(900 * 1000) = 949 and
    sqrt(100 * 1000) = 316.
    """

    steps: int = 1000
    dimensions: int = 1000
    solution: int = 900


@dataclass(frozen=True)
class Trajectory(Settings):
    """All that decides a study of alpha and beta.

    Attributes:
        recipes: of the networks; the random walk has as many steps and dimensions as the first.
            The last has as many steps with batches of 10, and so about three times the noise.
        strides: the path's length is taken through every k-th position, for each of these k.
        published: see above.
        seed: of both random walks.
    """

    recipes: tuple[Recipe, ...] = (
        SGD,
        replace(SGD, momentum=0.9, rate=0.01),
        replace(SGD, optimiser="adam", rate=1e-3),
        replace(SGD, batch_size=10, epochs=1),
    )
    strides: tuple[int, ...] = (1, 2, 5, 10, 25, 50, 100)
    published: Published = Published()
    seed: int = 0


#: The same in words.
LABELS = {"sgd": "SGD", "adam": "Adam"}
LABELS |= {f"{name}-10": f"{label}, batches of 10" for name, label in LABELS.items()}


def name_of(recipe: Recipe) -> str:
    """What a trajectory is called, as the name of a part: "sgd", "momentum", "adam", "sgd-10"."""
    batch = "" if recipe.batch_size == SGD.batch_size else f"-{recipe.batch_size}"
    return ("momentum" if recipe.momentum else recipe.optimiser) + batch


RUNS = {
    "trajectory": Trajectory(
        "MNIST 5,000 · MLP 784-128-10 · SGD, momentum, Adam · 500 steps",
        takes="1 min and 0.8 GB of checkpoints",
    ),
}
