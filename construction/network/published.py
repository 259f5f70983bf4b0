"""Weights of CIFAR ResNets under the names that they were published with.

Those of Li et al. 2018 (github.com/tomgoldstein/loss-landscape) have shortcuts by "convolutions"
where channels double, those of Y. Idelbayev (github.com/akamaster/pytorch_resnet_cifar10)
"centred"; both name the same layers alike.
"""

from collections.abc import Mapping

from torch import Tensor, nn

from .states import State, fitted

#: What trainings count and nothing reads; an old PyTorch did not.
COUNTER = ".num_batches_tracked"
WEIGHTED = nn.Conv2d, nn.BatchNorm2d, nn.Linear


def published_names(model: nn.Module) -> dict[str, str]:
    """The published name of each layer with weights of a normalised `resnet`, by its own.

    >>> from .networks import resnet
    >>> names = published_names(resnet(8, width=2, shortcuts="convolutions"))
    >>> [names[own] for own in ("0", "3.body.3", "5.shortcut.1", "11")]
    ['conv1', 'layer1.0.conv2', 'layer2.0.shortcut.1', 'linear']
    """
    weighted = [name for name, layer in model.named_modules() if isinstance(layer, WEIGHTED)]
    first, norm, *inner, head = (name for name in weighted if ".shortcut." not in name)
    names = {first: "conv1", norm: "bn1", head: "linear"}
    for k, own in enumerate(inner):  # four a block, a third of the blocks a stage
        stage, position = divmod(k // 4, len(inner) // 12)
        block = f"layer{stage + 1}.{position}"
        names[own] = f"{block}.{('conv1', 'bn1', 'conv2', 'bn2')[k % 4]}"
        for part in ("shortcut.0", "shortcut.1"):
            if (name := f"{own.partition('body.')[0]}{part}") in weighted:
                names[name] = f"{block}.{part}"
    return names


def from_published(state: Mapping[str, Tensor], model: nn.Module) -> State:
    """The weights under the own names of a normalised `resnet`, be they published or its own.

    They come with or without the prefixes of wrappers, and counters of batches. A WeightsError has
    the first entries that are missing, unknown or of another shape.
    """
    own = model.state_dict()
    named = {theirs: mine for mine, theirs in published_names(model).items()}
    renamed = {n: v for n, v in own.items() if n.endswith(COUNTER)}
    for name, value in state.items():
        layer, _, entry = name.removeprefix("module.").rpartition(".")
        renamed[f"{named.get(layer, layer)}.{entry}"] = value
    return fitted(renamed, model)[0]
