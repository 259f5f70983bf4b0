"""What a command found, as plain JSON values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from ..answers.certificate import Certificate, Proof
from ..answers.conditions import Conditions
from ..record.record import Journey
from .answers import scale_range


def answers_of(conditions: Conditions) -> dict[str, Any]:
    """Both answers, with every condition by name."""
    asked = {key.name: getattr(conditions, key.name) for key in fields(conditions)}
    return {
        "theorem_applies": conditions.theorem_applies,
        "sheet_has_path": conditions.sheet_has_path,
        "conditions": {
            name: one and {**asdict(one), "holds": one.holds} for name, one in asked.items()
        },
    }


def path_of(journey: Journey) -> dict[str, Any]:
    """The path, without its arrays, which the record holds."""
    low, high = scale_range(journey)
    return {
        "profile": journey.profile,
        "scale": {"least": low, "largest": high, "last": journey.phases[-1].scale_stop},
        "phases": [asdict(phase) for phase in journey.phases],
        "certificate": journey.certificate and certificate_of(journey.certificate),
    }


def certificate_of(certificate: Certificate) -> dict[str, Any]:
    """The certificate, without its arrays."""
    return {
        "holds": certificate.holds,
        "verdict": certificate.verdict,
        "points": certificate.points,
        "largest_step": certificate.largest_step,
        "deviation": certificate.deviation,
        "initial_error": certificate.initial_error,
        "final_error": certificate.final_error,
        "tolerance": certificate.tolerance,
        "proof": certificate.proof and proof_of(certificate.proof),
    }


def proof_of(proof: Proof) -> dict[str, Any]:
    """What was proved, without its intervals, which the record holds."""
    return {
        "reason": proof.reason,
        "seconds": proof.seconds,
        "theorem_applies": proof.theorem_applies,
        "path_exists": proof.path_exists,
        "statements": [
            {"name": one.name, "claim": one.claim, "proved": one.proved, "open": one.open}
            for one in proof.statements
        ],
    }


def as_json(found: Mapping[str, Any]) -> str:
    """One valid JSON object; numbers that JSON has no word for become strings.

    >>> as_json({"scale": [1.0, math.inf, -math.inf, math.nan]})
    '{"scale": [1.0, "Infinity", "-Infinity", "NaN"]}'
    """
    return json.dumps(_valid(found), allow_nan=False)


def _valid(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _valid(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_valid(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
