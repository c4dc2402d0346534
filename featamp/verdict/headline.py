"""The report in a handful of numbers: what is said before anything is looked at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from featamp.measure.effect import Reconstruction
from featamp.statistics.correlation import Correlations
from featamp.statistics.holdout import HeldOut
from featamp.verdict.reach import Reach

SCREENING_Q = 0.05
"""Pairs of a smaller q pass the screening."""


@dataclass(frozen=True)
class Headline:
    """What the overview says first.

    Attributes
    ----------
    strongest : the attribute of largest |r| with any dimension on the images that choose, which is
        told by its r on the others; None where none can be held out.
    passed, pairs : how many pairs of an attribute and a dimension have q below `SCREENING_Q`, of
        how many of which neither is constant.
    collapsed : how many of the swept dimensions have no standard deviation at all.
    below, telling, beyond : how many have a raw sweep that stays below one standard deviation,
        shows what they do, or goes far beyond real codes.
    reach_low, reach_high : smallest and largest reach of the raw sweeps that do not go far beyond,
        in standard deviations; 0 where there are none.
    change : mean over the chosen dimensions of the change at the ends of the sweep in standard
        deviations, pixels in [0, 1].
    share : `change` over the mean difference between two images; 0 where all are the same.
    masked : the reconstruction's own error is enough to hide such a change.
    """

    strongest: str | None
    passed: int
    pairs: int
    collapsed: int
    below: int
    telling: int
    beyond: int
    reach_low: float
    reach_high: float
    change: float
    share: float
    masked: bool

    @property
    def most_pass(self) -> bool:
        """Whether more than half of the pairs do: then q filters nothing."""
        return 2 * self.passed > self.pairs


def headline(
    correlations: Correlations | None,
    held_out: HeldOut | None,
    reaches: Collection[float],
    changes: Collection[float],
    reconstruction: Reconstruction,
) -> Headline:
    """Sum the report up.

    Parameters
    ----------
    reaches : of the raw sweep of each swept dimension, in standard deviations.
    changes : of each chosen dimension, the mean change of a pixel at the two ends of its sweep in
        standard deviations, pixels in [0, 1].
    """
    kinds = [Reach(reach).kind for reach in reaches]
    within = [r for r, kind in zip(reaches, kinds, strict=True) if kind in ("near", "telling")]
    change = float(np.mean(list(changes)))
    return Headline(
        strongest=None
        if correlations is None or held_out is None
        else _strongest(correlations.names, held_out),
        passed=0 if correlations is None else int((correlations.q < SCREENING_Q).sum()),
        pairs=0 if correlations is None else int(correlations.defined.sum()),
        collapsed=kinds.count("collapsed"),
        below=kinds.count("near"),
        telling=kinds.count("telling"),
        beyond=kinds.count("far"),
        reach_low=min(within, default=0.0),
        reach_high=max(within, default=0.0),
        change=change,
        share=reconstruction.share_of_distance(change),
        masked=change < 2 * reconstruction.rmse,
    )


def _strongest(names: tuple[str, ...], held_out: HeldOut) -> str | None:
    chosen, known = held_out.at_dims(held_out.r_chosen), held_out.at_dims(held_out.defined)
    return names[int(np.where(known, np.abs(chosen), 0.0).argmax())] if known.any() else None
