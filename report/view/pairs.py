"""What the correlations amount to, for the pages: attributes and dimensions that go together, one
pair or all.

As in `report.view.readings`, numbers and plain keys; templates turn the keys into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from featamp.statistics.labels.weigh import Weighed

from ..findings.experiments import Experiments
from ..findings.findings import Findings

HEATMAP_COLUMNS = 40
HEATMAP_STEPS = 6


@dataclass(frozen=True)
class HeldOutPair:
    """A correlation on images that were held out, as in `featamp.statistics.holdout.HeldOut`."""

    r: float
    low: float
    high: float
    auc: float


@dataclass(frozen=True)
class Pair:
    """One attribute and one dimension on all images; `held_out` is None where either is constant
    in a part of the images, and `few` as in `featamp.statistics.correlation.Correlations`.
    """

    attribute: str
    dim: int
    r: float
    low: float
    high: float
    p: float
    q: float
    auc: float
    d: float
    positives: int
    negatives: int
    defined: bool
    held_out: HeldOutPair | None
    few: bool


def pair(findings: Experiments, attribute: str, dim: int) -> Pair:
    """One (attribute, dimension) pair."""
    c = findings.correlations
    if c is None:
        raise ValueError("no correlations: the data folder has no attribute file")
    row = c.names.index(attribute)
    positives = int(c.positives[row])
    return Pair(
        attribute=attribute,
        dim=dim,
        r=float(c.r[row, dim]),
        low=float(c.ci_low[row, dim]),
        high=float(c.ci_high[row, dim]),
        p=float(c.p[row, dim]),
        q=float(c.q[row, dim]),
        auc=float(c.auc[row, dim]),
        d=float(c.d[row, dim]),
        positives=positives,
        negatives=c.count - positives,
        defined=bool(c.defined[row, dim]),
        held_out=_held_out(findings, row, dim),
        few=c.few(attribute),
    )


def _held_out(findings: Experiments, row: int, dim: int) -> HeldOutPair | None:
    if findings.labels is None or not findings.labels.held_out.defined[row, dim]:
        return None
    h = findings.labels.held_out
    return HeldOutPair(*(float(values[row, dim]) for values in (h.r, h.low, h.high, h.auc)))


def best_pairs(findings: Experiments, attribute: str, top: int) -> list[Pair]:
    """The dimensions of largest |r| with an attribute."""
    c = findings.correlations
    return (
        []
        if c is None
        else [pair(findings, attribute, d) for d in c.best_dimensions(attribute, top)]
    )


def strongest(findings: Experiments, dim: int, top: int) -> list[Pair]:
    """The attributes of largest |r| with a dimension, undefined ones left out."""
    c = findings.correlations
    pairs = (
        [] if c is None else [pair(findings, c.names[a], dim) for a in c.best_attributes(dim, top)]
    )
    return [p for p in pairs if p.defined]


class Interval(Protocol):
    """What has a lower and an upper end."""

    @property
    def low(self) -> float:
        """The lower end."""

    @property
    def high(self) -> float:
        """The upper end."""


def axis_limit(intervals: Sequence[Interval]) -> float:
    """The end of an axis on which all intervals fit, in tenths."""
    farthest = max((max(abs(i.low), abs(i.high)) for i in intervals), default=0.0)
    return max(0.2, float(np.ceil(10 * farthest - 1e-9) / 10))


def top_attributes(findings: Experiments) -> list[tuple[str, float] | None]:
    """For each dimension the attribute of largest |r| and that r; None where no correlation is
    defined.
    """
    c = findings.correlations
    if c is None or not c.names:
        return [None] * len(findings.variance.variance)
    rows = abs(c.r).argmax(axis=0)
    return [
        (c.names[row], float(c.r[row, dim])) if c.defined[row, dim] else None
        for dim, row in enumerate(rows)
    ]


def strongest_tie(findings: Findings) -> Weighed | None:
    """The attribute that goes most with a dimension; None where none can be held out."""
    name = findings.headline.strongest
    return None if name is None else findings.verdicts.attributes[name]


def held_top(findings: Findings, dim: int) -> Pair | None:
    """The attribute that goes most with a dimension on the images that choose, to be told by
    `Pair.held_out`; None where none is defined.
    """
    if findings.labels is None:
        return None
    held = findings.labels.held_out
    strength = np.where(held.defined[:, dim], np.abs(held.r_chosen[:, dim]), -1.0)
    row = int(strength.argmax())
    if strength[row] < 0 or findings.correlations is None:
        return None
    return pair(findings, findings.correlations.names[row], dim)


@dataclass(frozen=True)
class Target:
    """The pairs that `featamp.verdict.target.TargetVerdict` names: the target's dimension, the
    runner-up, whether it is stronger or tied, and the rival.
    """

    best: Pair
    runner_up: Pair | None
    stronger: bool
    tied: bool
    rival: Pair | None


def target(findings: Findings, attribute: str) -> Target:
    """What is said of a target attribute."""
    told = findings.verdicts.targets[attribute]
    return Target(
        best=pair(findings, attribute, told.dim),
        runner_up=None if told.runner_up is None else pair(findings, attribute, told.runner_up),
        stronger=told.stronger,
        tied=told.tied,
        rival=None if told.rival is None else pair(findings, told.rival, told.dim),
    )


def targets_by_dimension(findings: Findings) -> list[tuple[int, list[Target]]]:
    """Experiment 1: each dimension once, with every target that it is the best of."""
    groups: dict[int, list[Target]] = {}
    for attribute, dim in findings.plan.targets.items():
        groups.setdefault(dim, []).append(target(findings, attribute))
    return list(groups.items())


@dataclass(frozen=True)
class Heatmap:
    """Correlations in colour.

    Attributes
    ----------
    dims : columns, by variance rank; `left_out` more did not fit.
    rows : attribute and its cells, (r, shade, defined) each; shades run from "neg s6" to "pos s6".
    limit : |r| at the last shade.
    """

    dims: list[int]
    left_out: int
    rows: list[tuple[str, list[tuple[float, str, bool]]]]
    limit: float


def heatmap(findings: Findings) -> Heatmap | None:
    """The swept dimensions and the best dimension of each attribute, up to `HEATMAP_COLUMNS`."""
    c = findings.correlations
    if c is None:
        return None
    rank = findings.variance.rank
    best = sorted(
        (pair(findings, a, c.best_dimensions(a, 1)[0]) for a in c.names), key=lambda p: -abs(p.r)
    )
    wanted = list(dict.fromkeys([*findings.swept, *(p.dim for p in best if p.defined)]))
    dims = sorted(wanted[:HEATMAP_COLUMNS], key=lambda dim: int(rank[dim]))
    limit = max(0.3, float(np.ceil(np.abs(c.r).max() * 10 - 1e-9) / 10))
    rows = [
        (name, [(float(c.r[row, d]), _shade(c.r[row, d] / limit), bool(c.defined[row, d]))
                for d in dims])
        for row, name in enumerate(c.names)
    ]  # fmt: skip
    return Heatmap(dims, len(wanted) - len(dims), rows, limit)


def _shade(share: float) -> str:
    step = round(share * HEATMAP_STEPS)
    return f"{'neg' if step < 0 else 'pos'} s{abs(step)}"


def pairer(findings: Findings) -> dict[str, Callable[..., Any]]:
    """These readings as templates call them, by name, the findings already given."""
    functions = (
        best_pairs, strongest, strongest_tie, held_top, targets_by_dimension, heatmap,
    )  # fmt: skip
    given = {function.__name__: partial(function, findings) for function in functions}
    return given | {"axis_limit": axis_limit}
