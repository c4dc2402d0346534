"""Match the dimensions of several models that do the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from featamp.comparison.rows import Moves, Rows, match_rows
from featamp.io.attributes import FAMILIES
from featamp.verdict.rule import NAMED

from ...engine.context import versions
from ...engine.hashing import code_hash, digest
from ...engine.store import Artifact
from ...findings.findings import Findings
from .built import Built

HALVES = 2 * np.sqrt(2 / np.pi)
"""Standard deviations between the means of the lower and the upper half of a normal factor."""
ENDS = 4
"""Standard deviations of a dimension between the ends of a sweep that is judged."""
CLEAR = 2
"""A response of fewer standard errors than this is none."""


def match_models(models: Sequence[Built]) -> tuple[Rows, Artifact]:
    """Match the swept dimensions: by the factor that they move, where factors are known, else by
    the family of the attribute that names them; then by the pictures.
    """
    code = code_hash("report.stages.models.rows")
    key = digest([dict(built.keys) for built in models], code, versions("scipy"))
    by_factor = all(b.findings.trust and b.findings.trust.truth for b in models)

    def compute() -> Rows:
        return match_rows([_moves(built.findings, by_factor) for built in models])

    return models[0].context.store.record("rows", key, Rows, compute)


def _moves(findings: Findings, by_factor: bool) -> Moves:
    """What the swept dimensions of a model do that have not collapsed."""
    dims = tuple(dim for dim in findings.swept if dim in findings.screening.changes)
    told = [_factor(findings, d) if by_factor else _named(findings, d) for d in dims]
    changes = [findings.swept[dim].quality.difference.ravel() for dim in dims]
    return Moves(
        dims,
        tuple(t.thing for t in told),
        np.array([t.share for t in told], np.float64),
        np.asarray(changes, np.float64).reshape(len(dims), -1),
        tuple(t.name for t in told),
        np.array([t.sign for t in told], np.int64),
    )


@dataclass(frozen=True)
class _Told:
    """What one dimension moves most, and how far; nothing by default."""

    thing: str = ""
    name: str = ""
    share: float = 0.0
    sign: int = 1


def _named(findings: Findings, dim: int) -> _Told:
    """The family of the attribute that names a dimension, or that attribute, and how far it goes.
    What it moves besides goes along with many names, and matches nothing.
    """
    decision = findings.screening.decisions[dim]
    if decision.attribute is None:
        return _Told()
    families = (f for f, members in FAMILIES.items() if decision.attribute in members)
    thing = next(families, decision.attribute)
    return _Told(thing, decision.attribute, decision.share, decision.direction)


def _factor(findings: Findings, dim: int) -> _Told:
    """The known factor that a dimension moves most, where it moves it as far as a name takes, as a
    share of the way from the lower half of the images to the upper.
    """
    truth = findings.trust.truth if findings.trust else None
    assert truth is not None  # else no factor is known
    row = truth.dims.index(dim)
    slope, error = np.abs(truth.slope[row]), truth.error[row]
    most = int(slope.argmax())
    share = float(slope[most] * ENDS / HALVES)
    if slope[most] <= CLEAR * error[most] or share < NAMED:
        return _Told()
    name, sign = truth.names[most], 1 if truth.slope[row, most] > 0 else -1
    return _Told(name, name, share, sign)
