"""Which swept dimensions are worth a look: a score whose parts anyone can check, and four that
differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from featamp.measure.quality import Quality
from featamp.verdict.rule import Change, Decision

PARTS = ("visible", "consistent", "monotone", "not_photometric", "specific", "inside")
"""The parts of a score, each in [0, 1]."""
FULL = 0.3
"""A sweep that changes some place by this share of the difference between two images there is
visible enough: part 1."""


@dataclass(frozen=True)
class Score:
    """One swept dimension, scored.

    Attributes
    ----------
    dim : the latent dimension.
    parts : each of `PARTS` in [0, 1]; None where it cannot be told (a single sample, no
        names).
    score : product of the known parts, each to the power of its weight over the sum of their
        weights.
    attribute : the attribute that names it (`featamp.verdict.rule.Decision`); None without.
    region : the face region in which the change is clearly densest; None where it is in none.
    """

    dim: int
    parts: dict[str, float | None]
    score: float
    attribute: str | None
    region: str | None


def score_dimension(
    dim: int,
    quality: Quality,
    outside: NDArray[np.float64],
    decision: Decision,
    change: Change | None,
    named: bool,
    weights: Mapping[str, float],
) -> Score:
    """Score one dimension by its sweep in standard deviations.

    A product, not a sum: a sweep that cannot be seen is not saved by being consistent. What cannot
    have a name (light, pose, samples that differ) scores 0.

    Parameters
    ----------
    quality : the sweep, judged by its frames.
    outside : [alpha] share of samples outside the real codes; what the step nearest to 0 already
        has is not counted.
    decision : what the dimension is called.
    change : what its screening measured; None where it was not screened.
    named : some swept dimension bears a name, so that one without is worth nothing.
    weights : weight of each of `PARTS`, 0 to leave it out.
    """
    middle = len(outside) // 2
    start = float(outside[max(middle - 1, 0) : middle + 1].min())
    parts: dict[str, float | None] = {
        "visible": min(change.amount / FULL, 1.0) if change else 0.0,
        "consistent": _positive(change.shared if change and change.flows else quality.consistency),
        "monotone": _positive(quality.monotonicity),
        "not_photometric": 1.0 - quality.photometric,
        "specific": min(decision.share, 1.0) if named else None,
        "inside": 1.0 - max(float(outside.mean()) - start, 0.0),
    }
    worth = decision.verdict == "nameable" if named else decision.verdict == "visible"
    score = combine(parts, weights) if worth else 0.0
    return Score(dim, parts, score, decision.attribute, quality.place)


def combine(parts: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """Weighted geometric mean of the parts that are known."""
    known = {
        name: value for name, value in parts.items() if value is not None and weights[name] > 0
    }
    total = sum(weights[name] for name in known)
    return (
        float(np.prod([value ** (weights[name] / total) for name, value in known.items()]))
        if total
        else 0.0
    )


@dataclass(frozen=True)
class Suggestion:
    """A dimension to look at first; `differs` is False where it repeats the attribute and region
    of an earlier one.
    """

    score: Score
    differs: bool


def suggest(scores: list[Score], count: int) -> list[Suggestion]:
    """The highest scores that differ: first those with another attribute, then with another
    attribute or region.

    Dimensions of score 0 are never suggested; where too few differ, the next best follow, marked.
    """
    ranked = sorted((s for s in scores if s.score > 0), key=lambda s: (-s.score, s.dim))
    chosen: list[Suggestion] = []
    for kind in (_by_attribute, _by_either, _by_nothing):
        for score in ranked:
            taken = [suggestion.score for suggestion in chosen]
            if (
                len(chosen) < count
                and score not in taken
                and all(kind(score) != kind(other) for other in taken)
            ):
                chosen.append(Suggestion(score, kind is not _by_nothing))
    return chosen


def _by_attribute(score: Score) -> object:
    return score.attribute or score.region


def _by_either(score: Score) -> object:
    return score.attribute, score.region


def _by_nothing(score: Score) -> object:
    return score.dim


def _positive(value: float | None) -> float | None:
    return None if value is None else max(0.0, value)
