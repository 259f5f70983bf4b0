"""How targets are read: indices of classes, on which axis of the outputs, and real values.

`require_...` look at values, and a GPU waits for them; the others look at shapes and types alone.
"""

import torch
from torch import Tensor

from ..errors import InputError

#: What to do about targets that are not finite.
MISSING = "Remove those samples, or leave out entries that are NaN: missing='ignore'."


def class_axis(labels: Tensor, outputs: Tensor, axis: int | None = None) -> int:
    """The axis of the outputs that runs over the classes: the second, as in PyTorch, or the last.

    Decided by the shape of the labels, which lack it; where both would fit by `axis`, 1 or -1. An
    InputError if neither fits, or both do, or the outputs have no such axis of classes.

    >>> class_axis(torch.zeros(8, 5), torch.zeros(8, 5, 100)), class_axis(torch.zeros(8, 5),
    ...     torch.zeros(8, 100, 5))
    (2, 1)
    """
    shape = tuple(outputs.shape)
    fitting = [
        one
        for one in dict.fromkeys((1, outputs.ndim - 1))
        if outputs.ndim > 1 and shape[:one] + shape[one + 1 :] == tuple(labels.shape)
    ]
    if axis is not None:
        if fitting and not (axis and -outputs.ndim < axis < outputs.ndim):
            raise InputError(
                "axis=1 or axis=-1, second or last, for the classes",
                f"axis={axis} for outputs of shape {shape}",
                "Say axis=1, as PyTorch has them, or axis=-1, as language models.",
            )
        fitting = [one for one in fitting if one == axis % outputs.ndim]
    if len(fitting) > 1:
        raise InputError(
            "to be told which axis of the outputs runs over the classes",
            f"outputs of shape {shape}, of which both the second and the last may",
            "Say loss=CrossEntropy(axis=1), as PyTorch has them, or axis=-1, as language models.",
        )
    if not fitting:
        raise unfit(labels, outputs)
    return fitting[0]


def unfit(labels: Tensor, outputs: Tensor) -> InputError:
    """What is said of labels whose shape or type is not that of the outputs' rows."""
    return InputError(
        "integer class indices (samples,) and outputs (samples, classes); or with more axes, the "
        "classes second or last",
        f"targets of shape {tuple(labels.shape)} of {labels.dtype} and outputs of shape "
        f"{tuple(outputs.shape)}",
        "Pass labels as integers, without axes of length 1 (labels.squeeze(1)), and let the "
        "network return one row of outputs a label.",
    )


def class_indices(raw: Tensor, outputs: Tensor, axis: int | None = None) -> Tensor:
    """Class indices, int64, a row of outputs each, see `class_axis`; an InputError for others."""
    if raw.is_floating_point():
        raise unfit(raw, outputs)
    class_axis(raw, outputs, axis)
    return raw.long()


def require_classes(
    raw: Tensor, outputs: Tensor, axis: int | None = None, ignored: int | None = None
) -> None:
    """Refuse by an InputError what are no class indices of these outputs: shapes, types, values."""
    labels = class_indices(raw, outputs, axis)
    classes = outputs.shape[class_axis(raw, outputs, axis)]
    inside = labels if ignored is None else labels[labels != ignored]
    lowest, highest = (int(inside.min()), int(inside.max())) if inside.numel() else (0, 0)
    if lowest < 0 or highest >= classes or classes < 2:
        raise InputError(
            f"class indices from 0 to {classes - 1}, one an output",
            f"indices from {lowest} to {highest}",
            "Give the network one output a class, or name one index that is to be left out: "
            "CrossEntropy(ignore_index=...).",
        )


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """Where each class is that of a label, (..., classes); unlike PyTorch's it looks at no value.

    >>> one_hot(torch.tensor([1, 0]), 2).tolist()
    [[False, True], [True, False]]
    """
    return labels.unsqueeze(-1) == torch.arange(classes, device=labels.device)


def real_targets(raw: Tensor, outputs: Tensor) -> Tensor:
    """Real targets of the outputs' shape as (samples, width), float64; classes become one-hot.

    Raw targets are integer class indices, of one less axis than the outputs (see `class_axis`), or
    real values of the outputs' shape, but for axes of length 1. Others are an InputError.

    >>> real_targets(torch.tensor([1, 0]), torch.zeros(2, 3)).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    axis = _axis_of_indices(raw, outputs)
    if axis is None:
        return raw.double().reshape(len(raw), -1)
    hot = one_hot(raw.long(), outputs.shape[axis]).double()
    return hot.movedim(-1, axis).reshape(len(raw), -1)


def _axis_of_indices(raw: Tensor, outputs: Tensor) -> int | None:
    """The classes' axis of the outputs where targets are indices of them; None if real values."""
    if raw.ndim == outputs.ndim - 1 and not raw.is_floating_point():
        axis = class_axis(raw, outputs)
        if outputs.shape[axis] == 1:
            raise InputError(
                "real targets of the outputs' shape for a single output",
                f"{raw.dtype} of shape {tuple(raw.shape)}, which would count as classes",
                f"Pass targets.float().unsqueeze({axis}).",
            )
        return axis
    wide, narrow = ([n for n in shape[1:] if n != 1] for shape in (outputs.shape, raw.shape))
    if len(raw) != len(outputs) or wide != narrow or (raw.ndim > outputs.ndim):
        raise InputError(
            f"integer classes, or real targets of the outputs' shape {tuple(outputs.shape)}",
            f"{tuple(raw.shape)} of {raw.dtype}",
            "Bring the targets into the shape of the predictions.",
        )
    return None


def require_real(raw: Tensor, outputs: Tensor) -> None:
    """Refuse by an InputError what `real_targets` cannot take: shapes, indices, NaN, infinity."""
    if _axis_of_indices(raw, outputs) is not None:
        require_classes(raw, outputs)
    elif not torch.isfinite(raw).all():
        raise InputError("finite targets", "NaN or infinite ones", MISSING)
