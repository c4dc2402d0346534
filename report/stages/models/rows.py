"""Match the dimensions of several models that do the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from featamp.comparison.matching import (
    MatchedDimensions,
    Move,
    SweptModel,
    match_dimensions,
    move_factors,
)
from featamp.io.attributes import FAMILIES

from ...engine.hashing import code_hash, digest, versions
from ...engine.store import Artifact
from ...findings.findings import Findings
from ..trust import read_factors
from .built import Built


def match_models(models: Sequence[Built]) -> tuple[MatchedDimensions, Artifact]:
    """Match the swept dimensions: by the factor that they move, where factors are known, else by
    the family of the attribute that names them; then by the pictures.
    """
    code = code_hash("report.stages.models.rows")
    key = digest([dict(built.keys) for built in models], code, versions("scipy"))
    by_factor = all(b.findings.trust and b.findings.trust.truth for b in models)

    def compute() -> MatchedDimensions:
        return match_dimensions([_moves(built, by_factor) for built in models])

    return models[0].context.store.record("rows", key, MatchedDimensions, compute)


def _moves(built: Built, by_factor: bool) -> SweptModel:
    """What the swept dimensions of a model do that have not collapsed."""
    findings = built.findings
    dims = tuple(dim for dim in findings.swept if dim in findings.screening.changes)
    things = _factors(built, dims) if by_factor else tuple(_named(findings, dim) for dim in dims)
    height, width = findings.config.data.size
    changes = [findings.swept[dim].quality.difference.ravel() for dim in dims]
    flat = np.array(changes, np.float64).reshape(len(dims), height * width * 3)
    return SweptModel(dims, things, flat)  # of a model that has collapsed, no rows


def _named(findings: Findings, dim: int) -> dict[str, Move]:
    """The family of the attribute that names a dimension, or that attribute, and how far it goes.
    What it moves besides goes along with many names, and matches nothing.
    """
    decision = findings.screening.decisions[dim]
    if decision.attribute is None:
        return {}
    families = (f for f, members in FAMILIES.items() if decision.attribute in members)
    thing = next(families, decision.attribute)
    return {thing: Move(decision.attribute, decision.share, decision.direction)}


def _factors(built: Built, dims: Sequence[int]) -> tuple[dict[str, Move], ...]:
    """The known factors that each dimension moves."""
    truth = built.findings.trust.truth if built.findings.trust else None
    factors, _ = read_factors(built.context, built.codes)
    assert truth is not None and factors is not None
    values = factors.values[:, [factors.names.index(name) for name in truth.names]]
    rows = [truth.dims.index(dim) for dim in dims]
    codes = built.codes.mu[:, dims]
    return move_factors(truth.names, truth.slope[rows], truth.error[rows], codes, values)
