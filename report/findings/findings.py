"""Everything that a build has found, as the pages, tables and figures read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from featamp.face.judge import FaceJudge, FaceResponse
from featamp.statistics.correlation import Correlations
from featamp.statistics.support import Support
from featamp.statistics.variance import VarianceRanking
from featamp.statistics.weigh import LabelStatistics
from featamp.verdict.axes import Axes
from featamp.verdict.headline import Headline

from ..inputs.config import Config
from ..inputs.selection import Selection
from .figures import Figure
from .images import Images, Model, Samples
from .live import Live
from .naming import Naming
from .plan import Plan
from .screening import Screening
from .sweeps import Control, Response, SweptCombination, SweptDimension
from .trust import Trust
from .verdicts import Verdicts

TARGET_SAMPLES = 2
"""Samples shown a dimension in the figure of experiment 1."""
ANIMATED_SAMPLES = 8
"""Samples shown in an animation, at most."""
GLANCED_SAMPLES = 2
"""Samples shown in a line of the contact sheet, at most."""


@dataclass(frozen=True)
class Findings:
    """The whole report in numbers: what each stage returned.

    Attributes
    ----------
    config, selection : what a person gave.
    correlations : on all images; None where the data folder has no attribute file.
    labels : what those are worth: on images held out, on redrawn ones, beside probes; None
        likewise.
    faces : a judge of faces that never saw the VAE, and what the VAE lost by it; None without
        labels or its networks.
    looks : what it reads in sweeps, by their stems; empty where it tells nothing.
    screening : what each dimension is called, all of them.
    axes : whether the axes are better than mixtures of them; None without labels.
    plan : which dimensions are shown where.
    samples : the images that every sweep starts from.
    support : where the real codes lie.
    swept : every dimension that was swept, by variance rank: each has a page.
    responses : for each of them, what its narrow sweep in standard deviations does to the code and
        the attributes.
    controls : by name, the directions that dimensions are compared with.
    combinations : by name, the combinations of this model's dimensions that a person picked.
    verdicts : what all of this amounts to.
    headline : the same in a handful of numbers.
    naming : what a person's names are tested by.
    trust : the report's own claims, tested where the answer is known.
    figures : what was drawn, and the suffixes of its files under figures/, in the order in which
        they are shown.
    """

    config: Config
    selection: Selection
    images: Images
    model: Model
    variance: VarianceRanking
    correlations: Correlations | None
    labels: LabelStatistics | None
    faces: FaceJudge | None
    looks: dict[str, FaceResponse]
    screening: Screening
    axes: Axes | None
    plan: Plan
    samples: Samples
    support: Support
    swept: dict[int, SweptDimension]
    responses: dict[int, Response]
    controls: dict[str, Control]
    verdicts: Verdicts
    headline: Headline
    naming: Naming
    trust: Trust | None
    figures: dict[Figure, tuple[str, ...]]
    live: Live | None = None
    combinations: dict[str, SweptCombination] = field(default_factory=dict)
