"""The report in a handful of numbers: what is said before anything is looked at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from featamp.measure.effect import Reconstruction
from featamp.measure.sweep import FAR
from featamp.statistics.correlation import Correlations

SCREENING_Q = 0.05
"""Pairs of a smaller q pass the screening."""


@dataclass(frozen=True)
class Headline:
    """What the overview says first.

    Attributes
    ----------
    strongest : the attribute and the dimension of largest |r|; None without correlations.
    passed : how many pairs of an attribute and a dimension have q below `SCREENING_Q`.
    collapsed : how many of the swept dimensions have no standard deviation at all.
    below, beyond : how many have a raw sweep that stays below one standard deviation, or goes far
        beyond real codes.
    reach_low, reach_high : smallest and largest reach of the raw sweeps that do not go far beyond,
        in standard deviations; 0 where there are none.
    change : mean over the chosen dimensions of the change at the ends of the sweep in standard
        deviations, pixels in [0, 1].
    share : `change` over the mean difference between two images; 0 where all are the same.
    masked : the reconstruction's own error is enough to hide such a change.
    """

    strongest: tuple[str, int] | None
    passed: int
    collapsed: int
    below: int
    beyond: int
    reach_low: float
    reach_high: float
    change: float
    share: float
    masked: bool


def headline(
    correlations: Correlations | None,
    reaches: Collection[float],
    changes: Collection[float],
    reconstruction: Reconstruction,
) -> Headline:
    """Sum the report up.

    Parameters
    ----------
    reaches : of the raw sweep of each swept dimension, in standard deviations.
    changes : of each chosen dimension, the largest mean change of a pixel at either end of its
        sweep in standard deviations, pixels in [0, 1].
    """
    within = [reach for reach in reaches if 0 < reach <= FAR]
    change = float(np.mean(list(changes)))
    between = reconstruction.change_between_images
    return Headline(
        strongest=None if correlations is None else _strongest(correlations),
        passed=0 if correlations is None else int((correlations.q < SCREENING_Q).sum()),
        collapsed=sum(reach == 0 for reach in reaches),
        below=sum(0 < reach < 1 for reach in reaches),
        beyond=sum(reach > FAR for reach in reaches),
        reach_low=min(within, default=0.0),
        reach_high=max(within, default=0.0),
        change=change,
        share=change / between if between > 0 else 0.0,
        masked=change < 2 * reconstruction.rmse,
    )


def _strongest(correlations: Correlations) -> tuple[str, int] | None:
    if not correlations.defined.any():
        return None
    row, dim = np.unravel_index(np.argmax(np.abs(correlations.r)), correlations.r.shape)
    return correlations.names[int(row)], int(dim)
