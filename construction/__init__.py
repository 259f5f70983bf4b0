"""A path of weights, from initial to trained, along which the loss only goes down.

Theorem 1 of Safran and Shamir (ICML 2016, PMLR 48:774-782, arXiv 1511.04210): let the loss be
convex in the predictions and the network's last layer linear, and take any continuous path of
weights W(lambda) from W(0) to W(1) with L(W(1)) < L(W(0)). If

    condition 1   at every lambda some scale c >= 0 of the last layer lifts the objective above
                  L(W(0)) by some fixed eps > 0, and
    condition 2   the all-zero predictor beats the initial weights, L(0) < L(W(0)),

then a continuous path leads from W(0) to weights with the objective of W(1), and the objective
strictly decreases along it. The proof constructs it, and so does this package:

    step of the proof                                            where
    the base path W(lambda)                                      path
    outputs N(W(lambda)), whose scaling is that of the head      network, forward
    a loss, convex along every ray c -> c N(W(lambda))           loss
    the objective over (lambda, c)                               sheet
    does this sheet hold a path?                                 condition
    a strictly decreasing target v(lambda), the scale it asks    target
    c between measured lambdas, to a tolerance                   adaptive
    travel along lambda, then descend along c                    theorem, monotone
    the check, by the user's own model                           check
    the proof, on whole intervals of lambda                      proof, recheck

Around it: data and training give real weights, symbolic derives the formulas. Named runs are
described by settings and computed by running, a stage after the other: its routes construct the
paths, measured is what people saw before there was a theorem (proposition: how often random weights
satisfy condition 2). What they find lies in a record, a study or findings, which scenes draw and
figure prints. commands is the command line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ConstructionError
    from .experiments.run import run
    from .network.networks import mlp
    from .path.bezier import Bezier
    from .path.paths import Line, Polyline
    from .proof.dossier import save_proof
    from .record.record import Record
    from .search.alignment import aligned
    from .search.bending import bend
    from .solve.adaptive import Adaptive
    from .theorem.construct import assess, construct, with_profile
    from .theorem.monotone import MonotonePath
    from .training.training import train

__all__ = [
    "Adaptive",
    "Bezier",
    "ConstructionError",
    "Line",
    "MonotonePath",
    "Polyline",
    "Record",
    "aligned",
    "assess",
    "bend",
    "construct",
    "mlp",
    "run",
    "save_proof",
    "train",
    "with_profile",
]

# Names are looked up when asked for, so that a scene can read a record without importing torch.
_MODULE_OF = {
    "Adaptive": "solve.adaptive",
    "Bezier": "path.bezier",
    "ConstructionError": "errors",
    "Line": "path.paths",
    "MonotonePath": "theorem.monotone",
    "Polyline": "path.paths",
    "Record": "record.record",
    "aligned": "search.alignment",
    "assess": "theorem.construct",
    "bend": "search.bending",
    "construct": "theorem.construct",
    "mlp": "network.networks",
    "run": "experiments.run",
    "save_proof": "proof.dossier",
    "train": "training.training",
    "with_profile": "theorem.construct",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'construction' has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
