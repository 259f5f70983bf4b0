"""The check of a constructed path that both `solve` and `certify` make, and the proof beside it."""

from __future__ import annotations

from argparse import Namespace

from ..answers.certificate import Certificate
from ..errors import InputError
from ..files.storage import ensure_folder
from ..proof.saved import save_proof
from ..theorem.monotone import MonotonePath

#: Fewest points of a check.
LEAST = 5


def require_sensible(options: Namespace, *, none: bool) -> None:
    """Refuse, before anything is computed, a check that cannot be made or a proof without a place.

    Args:
        options: check, prove, proof.
        none: whether 0, no check, is allowed.

    Raises:
        InputError: too few points, a proof without a check, or a file of another kind.
        CacheError: the folder of the proof cannot be written.
    """
    wanted = options.prove or options.proof is not None
    if options.check < LEAST and (options.check != 0 or wanted or not none):
        allowed = "--check 0, or " if none and not wanted else "--check of "
        raise InputError(
            f"{allowed}at least {LEAST} points", f"{options.check}", "101 is a good number."
        )
    if options.proof is not None:
        if options.proof.suffix != ".npz":
            raise InputError("--proof FILE.npz", f"{options.proof}", "A proof is an .npz file.")
        ensure_folder(options.proof.parent)


def check(path: MonotonePath, options: Namespace) -> Certificate:
    """Check the path at N points, and prove what can be proved where that is asked for.

    A proof is saved where something was proved; where nothing was, it says why.
    """
    wanted = options.prove or options.proof is not None
    certificate = path.certify(options.check, prove=wanted)
    if options.proof is not None and certificate.proof and not certificate.proof.reason:
        save_proof(path, options.proof, certificate.proof)
    return certificate
