"""What the swept dimensions are compared with: random directions, a principal component, the
probes' own directions, each swept and measured as a dimension is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.response import largest_response
from featamp.statistics.direction import first_component, probe_direction, random_directions
from featamp.statistics.probe import Probes
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.plan import Plan
from ..findings.sweeps import Control, Response
from .codes import Codes
from .labels import Judges
from .responses import measure_responses
from .sweeps import Sweeper

RANDOM = 8
"""Random directions: enough to say how far a dimension stands out from them."""


@dataclass(frozen=True)
class Direction:
    """A direction that is no latent dimension, to be swept.

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


def sweep_controls(
    context: Context,
    codes: Codes,
    ranking: VarianceRanking,
    judges: Judges | None,
    sweeper: Sweeper,
    plan: Plan,
    responses: Iterable[Response],
) -> tuple[dict[str, Control], list[Artifact]]:
    """Sweep and measure what the dimensions are compared with; controls by name.

    The probes are those of the targets, and of what answers most to a dimension where that is more
    than any attribute answers to a random direction: beside an answer that is chance, the best
    edit says nothing.
    """

    def measured(directions: list[Direction]) -> tuple[dict[str, Control], list[Artifact]]:
        swept, first = sweeper.controls({d.name: d.move for d in directions})
        answers, second = measure_responses(context, ranking, judges, plan, swept)
        parts = zip(directions, swept, answers, strict=True)
        controls = {d.name: Control(d.kind, d.name, d.attribute, s, a) for d, s, a in parts}
        return controls, [*first, *second]

    plain, artifact = plain_controls(context, codes, ranking)
    controls, artifacts = measured(plain)
    if judges is not None:
        null = largest_by_chance(controls)
        answered = [
            judges.probes.names[seen.strongest]
            for response in responses
            if (seen := response.attributes) and seen.size[seen.strongest] > null
        ]
        probed, more = measured(probe_controls(judges.probes, {*plan.targets, *answered}, ranking))
        controls, artifacts = controls | probed, artifacts + more
    return controls, [artifact, *artifacts]


def largest_by_chance(controls: dict[str, Control]) -> float:
    """The largest |response| of any attribute to a random direction; 0 without labels."""
    return largest_response(c.response.attributes for c in controls.values() if c.kind == "random")


def plain_controls(
    context: Context, codes: Codes, ranking: VarianceRanking
) -> tuple[list[Direction], Artifact]:
    """Random directions, and the first principal component: directions that no attribute chose."""
    moves = random_directions(ranking.std, RANDOM, context.config.compute.seed)
    key = digest(
        codes.key, code_hash("featamp.statistics.direction", "featamp.statistics.variance")
    )
    component, artifact = context.store.record(
        "component", key, _Component, lambda: _Component(first_component(codes.mu, ranking.mean))
    )
    controls = [
        Direction("random", f"random-{number}", None, move) for number, move in enumerate(moves, 1)
    ]
    return [*controls, Direction("component", "pc-1", None, component.move)], artifact


def probe_controls(
    probes: Probes, attributes: Collection[str], ranking: VarianceRanking
) -> list[Direction]:
    """The direction of each attribute's probe, of those that have one."""
    return [
        Direction("probe", f"probe-{name}", name, probe_direction(weights, ranking.std))
        for name, weights, known in zip(probes.names, probes.weights, probes.defined, strict=True)
        if name in attributes and known and weights.any()
    ]
