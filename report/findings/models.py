"""Several models side by side: what the pages above their reports read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.comparison.matching import MatchedDimensions
from featamp.comparison.ranks import Kept
from featamp.comparison.recurrence import Recurrence
from featamp.comparison.summary import Recurred, Span, Strength

from .findings import Findings


@dataclass(frozen=True)
class TargetAreas:
    """How well the dimension that was chosen for each target tells it, on images held out.

    Attributes
    ----------
    names : the targets that could be held out.
    area, low, high : [target] AUC and its 95 % interval (DeLong).
    """

    names: tuple[str, ...]
    area: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


UNSEEN = ("faint", "unclear", "nothing")
"""Verdicts of dimensions that show nothing."""


@dataclass(frozen=True)
class Keeping:
    """Which models to keep, by the error of their reconstructions and a gain.

    Attributes
    ----------
    by : the gain: "MIG" where every model has it, else "nameable", the dimensions with a name;
        without labels "seen", those that show something.
    models : those that no other is better than by both, the smallest error first.
    """

    by: str
    models: list[Kept]


@dataclass(frozen=True)
class Comparison:
    """Models of one report.toml, on the same images.

    Attributes
    ----------
    models : the findings of each, by name, in the order of the file.
    recurrences : by two names, the first model's dimensions in the second's codes.
    rows : dimensions that do the same.
    areas : of each model, its targets; None without labels.
    found : by the same two names, how many that are.
    strengths : of each model, how well single dimensions tell the attributes.
    span : how far the models are apart, and in which order.
    keeping : which of them to keep.
    """

    models: dict[str, Findings]
    recurrences: dict[tuple[str, str], Recurrence]
    rows: MatchedDimensions
    areas: dict[str, TargetAreas | None]
    found: dict[tuple[str, str], Recurred]
    strengths: dict[str, Strength]
    span: Span
    keeping: Keeping
