"""Everything that a build has found, as the pages, tables and figures read it."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.face.judge import FaceJudge, FaceResponse
from featamp.statistics.support import Support
from featamp.verdict.axes import Axes
from featamp.verdict.headline import Headline

from .experiments import Experiments
from .naming import Naming
from .screening import Screening
from .sweeps import Control, Response
from .trust import Trust
from .verdicts import Verdicts

ANIMATED_SAMPLES = 8
"""Samples shown in an animation, at most."""
GLANCED_SAMPLES = 2
"""Samples shown in a line of the contact sheet, at most."""


@dataclass(frozen=True, kw_only=True)
class Findings(Experiments):
    """The whole report in numbers: what each stage returned, beside the experiments themselves.

    Attributes
    ----------
    faces : a judge of faces that never saw the VAE, and what the VAE lost by it; None without
        labels or its networks.
    looks : what it reads in sweeps, by their stems; empty where it tells nothing.
    screening : what each dimension is called, all of them.
    axes : whether the axes are better than mixtures of them; None without labels.
    support : where the real codes lie.
    responses : for each swept dimension, what its narrow sweep in standard deviations does to the
        code and the attributes.
    controls : by name, the directions that dimensions are compared with.
    verdicts : what all of this amounts to.
    headline : the same in a handful of numbers.
    naming : what a person's names are tested by.
    trust : the report's own claims, tested where the answer is known.
    """

    faces: FaceJudge | None
    looks: dict[str, FaceResponse]
    screening: Screening
    axes: Axes | None
    support: Support
    responses: dict[int, Response]
    controls: dict[str, Control]
    verdicts: Verdicts
    headline: Headline
    naming: Naming
    trust: Trust | None
