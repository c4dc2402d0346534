"""What the assignment itself asks for: both methods, and the sweeps of its three experiments."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.statistics.correlation import Correlations
from featamp.statistics.labels.weigh import LabelStatistics
from featamp.statistics.variance import VarianceRanking

from ..inputs.config import Config
from ..inputs.selection import Selection
from .figures import Figure
from .images import Images, Model, Samples
from .live import Live
from .plan import Plan
from .sweeps import SweptCombination, SweptDimension

TARGET_SAMPLES = 2
"""Samples shown a dimension in the figure of experiment 1."""


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """Two ways of selecting dimensions, and the sweeps of those selected.

    Attributes
    ----------
    config, selection : what a person gave.
    correlations : on all images; None where the data folder has no attribute file.
    labels : what those are worth; None likewise, and where nobody asked.
    plan : which dimensions are shown where.
    samples : the images that every sweep starts from.
    swept : every dimension that was swept, by variance rank.
    combinations : by name, the combinations of this model's dimensions that a person picked; none
        where the experiments alone are built.
    figures : what was drawn, and the suffixes of its files under figures/, in the order in which
        they are shown.
    live : the decoder for the page; None until it is made, and where the experiments alone are
        built.
    """

    config: Config
    selection: Selection
    images: Images
    model: Model
    variance: VarianceRanking
    correlations: Correlations | None
    labels: LabelStatistics | None
    plan: Plan
    samples: Samples
    swept: dict[int, SweptDimension]
    combinations: dict[str, SweptCombination]
    figures: dict[Figure, tuple[str, ...]]
    live: Live | None = None
