"""A path of weights, from initial to trained, along which the loss only goes down.

Theorem 1 of Safran and Shamir (ICML 2016, PMLR 48:774-782, arXiv 1511.04210): let the loss be
convex in the predictions and the network's last layer linear, and take any continuous path of
weights W(lambda) from W(0) to W(1) with L(W(1)) < L(W(0)). If

    condition 1   at every lambda some scale c >= 0 of the last layer lifts the objective above
                  L(W(0)) by some fixed eps > 0, and
    condition 2   the all-zero predictor beats the initial weights, L(0) < L(W(0)),

then a continuous path leads from W(0) to weights with the objective of W(1), and the objective
strictly decreases along it. The proof constructs it, and so does this package:

    step of the proof                                            module
    the base path W(lambda)                                      paths
    outputs N(W(lambda)), whose scaling is that of the head      heads, forward
    the objective over (lambda, c)                               losses, sheet
    a strictly decreasing target v(lambda)                       profiles, valley
    the scale c(lambda) that meets it                            scale
    conditions 1 and 2                                           conditions
    travel along lambda, then descend along c                    theorem, monotone
    the check, by the user's own model                           certificate

Around it: data and training give real weights, symbolic derives the formulas, record keeps the
numbers that scenes draw, experiments name whole runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ConstructionError
    from .experiments import run
    from .monotone import MonotonePath
    from .networks import mlp
    from .paths import Line, Polyline
    from .record import Record
    from .theorem import construct, with_profile
    from .training import train

__all__ = [
    "ConstructionError",
    "Line",
    "MonotonePath",
    "Polyline",
    "Record",
    "construct",
    "mlp",
    "run",
    "train",
    "with_profile",
]

# Names are looked up when asked for, so that a scene can read a record without importing torch.
_MODULE_OF = {
    "ConstructionError": "errors",
    "Line": "paths",
    "MonotonePath": "monotone",
    "Polyline": "paths",
    "Record": "record",
    "construct": "theorem",
    "mlp": "networks",
    "run": "experiments",
    "train": "training",
    "with_profile": "theorem",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'construction' has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
