"""Directions that are no dimension: those that the swept dimensions are compared with (random
ones, a principal component, the probes' own), each swept and measured as a dimension is, and
combinations of dimensions that a person picked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from featamp.measure.response import largest_response
from featamp.statistics.direction import first_component, probe_direction, random_directions
from featamp.statistics.labels.probe import Probes
from featamp.statistics.variance import VarianceRanking

from ..engine.context import Context
from ..engine.hashing import code_hash, digest
from ..engine.store import Artifact
from ..findings.plan import Plan
from ..findings.sweeps import Control, Response, Swept, SweptCombination
from ..inputs.selection import Combination
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
        answers, second = measure_responses(context, ranking, judges, sweeper, swept)
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
    moves = random_directions(ranking.active_std, RANDOM, context.config.compute.seed)
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
    """The direction of each attribute's probe among the active dimensions, of those that have
    one.
    """
    std = ranking.active_std
    return [
        Direction("probe", f"probe-{name}", name, probe_direction(weights, std))
        for name, weights, known in zip(probes.names, probes.weights, probes.defined, strict=True)
        if name in attributes and known and (weights * std).any()
    ]


def sweep_combinations(
    combinations: Mapping[str, Combination], ranking: VarianceRanking, sweeper: Sweeper
) -> tuple[dict[str, SweptCombination], list[Artifact]]:
    """Sweep each from its opposite, in the first column, to itself, in the last; by name."""
    end = sweeper.plan.steps["sigma"][-1]
    moves = {
        f"combination-{number}": combined_move(combination.alphas, ranking.std) / end
        for number, combination in enumerate(combinations.values(), 1)
    }
    swept, artifacts = sweeper.controls(moves)
    found = zip(combinations.items(), swept, strict=True)
    return {
        name: _combined(number, combination.alphas, one)
        for number, ((name, combination), one) in enumerate(found, 1)
    }, artifacts


def combined_move(alphas: Mapping[int, float], std: NDArray[np.float64]) -> NDArray[np.float64]:
    """[dim] the sum of alpha_i sigma_i e_i, raw units; `alphas` are in standard deviations."""
    move = np.zeros_like(std)
    for dim, alpha in alphas.items():
        move[dim] = alpha * std[dim]
    return move


def _combined(number: int, alphas: Mapping[int, float], swept: Swept) -> SweptCombination:
    """Its alphas are standard deviations along it, so that it ends at its own length."""
    length = float(np.linalg.norm(list(alphas.values())))
    sweep = swept.sweeps["sigma"]
    scale = length / sweep.sigma[-1]
    shown = {"sigma": replace(sweep, raw=sweep.raw * scale, sigma=sweep.sigma * scale)}
    scaled = replace(swept, move=swept.move / scale, sweeps=shown)
    return SweptCombination(**vars(scaled), number=number, alphas=dict(alphas))
