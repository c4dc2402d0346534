"""What the swept dimensions are compared with: random directions, a principal component, the
probes' own directions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.direction import first_component, probe_direction, random_directions
from featamp.statistics.probe import Probes
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from .codes import Codes

RANDOM = 8
"""Random directions: enough to say how far a dimension stands out from them."""


@dataclass(frozen=True)
class Control:
    """A direction that is no latent dimension.

    Attributes
    ----------
    kind : "random", "component" or "probe".
    name : "random-1" and on, "pc-1", or "probe-" and an attribute; part of file names.
    attribute : the attribute whose probe points this way; None for the others.
    move : [dim] the move of one standard deviation, raw units.
    """

    kind: str
    name: str
    attribute: str | None
    move: NDArray[np.float64]


@dataclass(frozen=True)
class _Component:
    move: NDArray[np.float64]


def plain_controls(
    context: Context, codes: Codes, ranking: VarianceRanking
) -> tuple[list[Control], Artifact]:
    """Random directions, and the first principal component: directions that no attribute chose."""
    moves = random_directions(ranking.std, RANDOM, context.config.compute.seed)
    key = digest(
        codes.key, code_hash("featamp.statistics.direction", "featamp.statistics.variance")
    )
    component, artifact = context.store.record(
        "component", key, _Component, lambda: _Component(first_component(codes.mu, ranking.mean))
    )
    controls = [
        Control("random", f"random-{number}", None, move) for number, move in enumerate(moves, 1)
    ]
    return [*controls, Control("component", "pc-1", None, component.move)], artifact


def probe_controls(
    probes: Probes, attributes: Collection[str], ranking: VarianceRanking
) -> list[Control]:
    """The direction of each attribute's probe, of those that have one."""
    return [
        Control("probe", f"probe-{name}", name, probe_direction(weights, ranking.std))
        for name, weights, known in zip(probes.names, probes.weights, probes.defined, strict=True)
        if name in attributes and known and weights.any()
    ]
