"""What an attribute's dimension is worth: on all images, on those held out, and what speaks
against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import HeldOut
from featamp.statistics.labels.probe import Probes
from featamp.statistics.labels.shares import AxisShares
from featamp.statistics.redraws import Partials, Stability

Float = NDArray[np.float64]

CHANCE = 0.05
"""A dimension whose share a random axis has at least so often has no more than one."""


@dataclass(frozen=True)
class OnAll:
    """An attribute's dimension on all images.

    Attributes
    ----------
    dim : the assigned one of a target, else the one of largest |r|.
    best : the dimension of largest |r|, which a target may have had to leave to another.
    r : of `dim`.
    frequency : share of the redraws in which `dim` is the best.
    tied : other dimensions within 2 standard errors of the best, the strongest first.
    top_attribute, top_r : the attribute that goes most with `dim`, and that r.
    """

    dim: int
    best: int
    r: float
    frequency: float
    tied: tuple[int, ...]
    top_attribute: str
    top_r: float


@dataclass(frozen=True)
class OnHeldOut:
    """The dimension that a part of the images chose for an attribute, on the others.

    Attributes
    ----------
    dim : of largest |r| on the part that chooses; r_chosen : its r there.
    r, low, high, auc : on the part that judges, as in `HeldOut`.
    frequency : share of the redraws of all images in which `dim` is the best.
    share, share_low, share_high : what `dim` explains over what a probe of endless images would,
        r^2 / R^2 as in `AxisShares`, and its 95 % interval; None where the probe finds nothing.
    share_p : how often a random axis has as much.
    held_fixed : the attributes that usually go with this one.
    partial_r, partial_low, partial_high : r of `dim` with those held fixed, on the part that
        judges, and its 95 % interval.
    """

    dim: int
    r_chosen: float
    r: float
    low: float
    high: float
    auc: float
    frequency: float
    share: float | None
    share_low: float | None
    share_high: float | None
    share_p: float | None
    held_fixed: tuple[str, ...]
    partial_r: float
    partial_low: float
    partial_high: float

    @property
    def explained(self) -> float:
        """Share of the label's variance that the dimension explains."""
        return self.r**2

    @property
    def clear(self) -> bool:
        """Whether the interval of r leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Weighed:
    """One attribute, weighed.

    Attributes
    ----------
    on_all : its dimension on all images.
    held_out : the one that a part of the images chose, on the others; None where the attribute is
        constant in either part.
    positives : images of the judging part that have the attribute.
    probe_auc, judge_auc : AUC of the probe on all dimensions and of the judge of pixels, held out;
        None where it is undefined: the images of a part all have the attribute, or all lack it.
    r_squared : R^2 of the probe of a number, a regression, held out; None of another attribute.
    doubts : what speaks against it. "few" images have it, or lack it; "unstable", a part of
        the images chooses another dimension than all do; others are "tied"; not "reciprocal",
        another attribute goes more with the dimension; "confounded", less than half of a clear r
        is left with others held fixed; "faded", the sign does not hold; "chance", a random axis
        often has as large a share.
    """

    attribute: str
    on_all: OnAll
    held_out: OnHeldOut | None
    positives: int
    probe_auc: float | None
    judge_auc: float | None
    doubts: tuple[str, ...]
    r_squared: float | None = None


def share_by_chance(shares: Float) -> tuple[float, float]:
    """Of the shares that random axes have [draw] their mean, and what one in twenty has."""
    return float(shares.mean()), float(np.quantile(shares, 1 - CHANCE))


@dataclass(frozen=True)
class LabelStatistics:
    """What `weigh_attributes` reads; `judge_auc` as in `Weighed`.

    Attributes
    ----------
    judge_auc : [attribute]; nan where undefined.
    null_share : mean and 95th percentile of the share that a random axis would have.
    people : how many persons the images show, where that is known: then they are the units of
        halves, redraws and intervals.
    """

    held_out: HeldOut
    stability: Stability
    probes: Probes
    shares: AxisShares
    null_share: tuple[float, float]
    partials: Partials
    judge_auc: Float
    people: int | None = None


def weigh_attributes(
    correlations: Correlations, labels: LabelStatistics, targets: Mapping[str, int]
) -> dict[str, Weighed]:
    """Weigh the dimension of every attribute that varies.

    Parameters
    ----------
    targets : the dimension that was assigned to each target attribute.
    """
    known = (name for name in correlations.names if name not in correlations.constant)
    return {name: _weigh(correlations, labels, name, targets.get(name)) for name in known}


def _weigh(c: Correlations, labels: LabelStatistics, name: str, assigned: int | None) -> Weighed:
    row = c.names.index(name)
    all_images, held = _on_all(c, labels, name, assigned), _on_held_out(labels, row)
    probes = labels.probes
    doubts = {
        "few": c.few(name),
        "unstable": held is not None and held.dim != all_images.best,
        "tied": bool(all_images.tied),
        "reciprocal": all_images.top_attribute != name,
        "confounded": held is not None
        and held.clear
        and bool(held.held_fixed)
        and abs(held.partial_r) < abs(held.r) / 2,
        "faded": held is not None and held.r_chosen * held.r <= 0,
        "chance": held is not None and held.share_p is not None and held.share_p >= CHANCE,
    }
    return Weighed(
        attribute=name,
        on_all=all_images,
        held_out=held,
        positives=int(labels.held_out.positives[row]),
        probe_auc=float(probes.auc[row]) if probes.defined[row] else None,
        judge_auc=_known(labels.judge_auc[row]),
        doubts=tuple(key for key, holds in doubts.items() if holds),
        r_squared=_known(probes.r_squared[row]),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _on_all(c: Correlations, labels: LabelStatistics, name: str, assigned: int | None) -> OnAll:
    row, stability = c.names.index(name), labels.stability
    order = c.best_dimensions(name, c.r.shape[1])
    dim = order[0] if assigned is None else assigned
    top = c.best_attributes(dim, 1)[0]
    tied = stability.tied[row] & stability.tied[row, dim]  # with the best, and so with one another
    return OnAll(
        dim=dim,
        best=order[0],
        r=float(c.r[row, dim]),
        frequency=float(stability.frequency[row, dim]),
        tied=tuple(d for d in order if tied[d] and d != dim),
        top_attribute=c.names[top],
        top_r=float(c.r[top, dim]),
    )


def _on_held_out(labels: LabelStatistics, row: int) -> OnHeldOut | None:
    held, shares, partials = labels.held_out, labels.shares, labels.partials
    share, low, high, p = (
        _known(values[row]) for values in (shares.share, shares.low, shares.high, shares.p)
    )
    at = row, int(held.dims[row])
    if not held.defined[at]:
        return None
    return OnHeldOut(
        dim=at[1],
        r_chosen=float(held.r_chosen[at]),
        r=float(held.r[at]),
        low=float(held.low[at]),
        high=float(held.high[at]),
        auc=float(held.auc[at]),
        frequency=float(labels.stability.frequency[at]),
        share=share,
        share_low=low,
        share_high=high,
        share_p=p,
        held_fixed=partials.held_fixed[row],
        partial_r=float(partials.r[row]),
        partial_low=float(partials.low[row]),
        partial_high=float(partials.high[row]),
    )
