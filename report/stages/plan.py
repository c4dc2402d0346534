"""Plan which dimensions are swept, over which alphas, and for which experiment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.correlation import Correlations
from featamp.statistics.variance import VarianceRanking

from ..findings.plan import KINDS, Plan
from ..findings.screening import Screening
from ..inputs.config import Config, SweepConfig
from ..inputs.selection import EXPECTED, Selection

TARGETS = ("Smiling", "Eyeglasses", "Male", "Young")
"""Attributes of CelebA that experiment 1 is about where nobody names others."""
RIVALS = 4
"""Dimensions tied with a target's own that are swept, at most."""


def make_plan(
    config: Config,
    ranking: VarianceRanking,
    correlations: Correlations | None,
    selection: Selection,
    best: tuple[int, ...] = (),
    tied: NDArray[np.bool_] | None = None,
) -> Plan:
    """Decide what is swept; targets whose attribute is constant are left out.

    Parameters
    ----------
    best : the dimensions that screening gives a name, the best first.
    tied : [attribute, dim] the dimensions that an attribute's best cannot be told from; None where
        nobody knows.
    """
    targets: dict[str, int] = {}
    asked = config.experiments.targets or default_targets(correlations)
    if correlations is not None:
        known = [name for name in asked if name not in correlations.constant]
        targets = _apart(
            {name: correlations.best_dimensions(name, 1)[0] for name in known}, correlations
        )
    by_variance = tuple(int(dim) for dim in ranking.order)
    chosen = tuple(dim for dim in selection.chosen if dim < len(by_variance))
    explored = by_variance[: config.experiments.explore]
    found = best[: config.experiments.found]
    rivals = {} if tied is None else _rivals(targets, correlations, tied)
    wanted = {*targets.values(), *chain(*rivals.values()), *chosen, *explored, *found}
    dims = tuple(dim for dim in by_variance if dim in wanted)
    steps = sweep_steps(config.sweep)
    return Plan(targets, chosen, not chosen, explored, found, dims, steps, asked, rivals)


def _rivals(
    targets: dict[str, int], correlations: Correlations | None, tied: NDArray[np.bool_]
) -> dict[str, tuple[int, ...]]:
    """The strongest dimensions that are tied with each target's own, `RIVALS` at most."""
    if correlations is None:
        return {}
    found = {}
    for name, own in targets.items():
        same = tied[correlations.names.index(name)]
        same = same & same[own]  # the best one may serve another target, and not be tied with it
        order = correlations.best_dimensions(name, len(same))
        found[name] = tuple(dim for dim in order if same[dim] and dim != own)[:RIVALS]
    return found


def default_choice(plan: Plan, suggested: Iterable[int], screening: Screening) -> Plan:
    """The plan where nobody has chosen: its four are those to hand in at first, that is those with
    names, the suggested before others, one of each name; then whatever is suggested, or varies
    most.
    """
    suggested = tuple(suggested)
    names = {dim: screening.decisions[dim].attribute for dim in (*suggested, *plan.found)}
    named = {name: dim for dim, name in reversed(names.items()) if name}
    first = [dim for dim in names if dim in named.values()]
    ordered = dict.fromkeys([*first, *suggested, *plan.explored, *plan.dims])
    return replace(plan, chosen=tuple(ordered)[:EXPECTED])


def unjudged_choice(plan: Plan) -> Plan:
    """The plan where nobody has chosen and nothing was judged: its four are those of the targets,
    then those of highest variance.
    """
    ordered = dict.fromkeys([*plan.targets.values(), *plan.explored, *plan.dims])
    return replace(plan, chosen=tuple(ordered)[:EXPECTED])


def default_targets(correlations: Correlations | None) -> tuple[str, ...]:
    """`TARGETS` where the labels have them all, else as many of the most balanced labels."""
    if correlations is None or set(TARGETS) <= set(correlations.names):
        return TARGETS
    names = correlations.names
    apart = np.abs(correlations.positives / max(correlations.count, 1) - 0.5)
    return tuple(names[row] for row in np.argsort(apart, kind="stable")[: len(TARGETS)])


def _apart(targets: dict[str, int], correlations: Correlations) -> dict[str, int]:
    """The best dimension of each target, or the best assignment where two targets would share
    one.
    """
    if len(set(targets.values())) == len(targets) or len(targets) > correlations.r.shape[1]:
        return targets
    from featamp.statistics.redraws import assign

    rows = [correlations.names.index(name) for name in targets]
    return {
        name: int(dim) for name, dim in zip(targets, assign(correlations.r[rows]), strict=True)
    }


def sweep_steps(sweep: SweepConfig) -> dict[str, NDArray[np.float64]]:
    """The steps of each of `KINDS` of sweep, [alpha] in its own units.

    The wide sweep in standard deviations is as much wider than the narrow one as it is in raw
    units.
    """
    (low, high), (wide_low, wide_high) = sweep.range, sweep.wide
    ends = {
        "raw": (low, high),
        "wide": (wide_low, wide_high),
        "sigma": (-sweep.sigmas, sweep.sigmas),
        "wide-sigma": (sweep.sigmas * wide_low / -low, sweep.sigmas * wide_high / high),
    }
    return {kind: _spaced(*ends[kind], sweep.alphas) for kind in KINDS}


def _spaced(low: float, high: float, count: int) -> NDArray[np.float64]:
    """Evenly spaced steps, exactly 0 where one is: for ranges in tenths rounding may miss it."""
    steps = np.linspace(low, high, count)
    steps[np.abs(steps) < 1e-9 * max(-low, high)] = 0.0
    return steps
