"""What was decided, once: the model's health, what each dimension is called, what to look at."""

from __future__ import annotations

from dataclasses import dataclass

from featamp.measure.response import TargetResponse
from featamp.statistics.labels.weigh import Weighed
from featamp.verdict.compare import AttributeBar, Compared
from featamp.verdict.health import Health
from featamp.verdict.score import Score, Suggestion
from featamp.verdict.target import TargetVerdict
from featamp.verdict.verdict import Verdict


@dataclass(frozen=True)
class Verdicts:
    """Every verdict of the report.

    Attributes
    ----------
    health : of the model.
    null : the largest |response| of any attribute to a random direction; 0 without labels.
    dimensions : of each swept dimension, what it is called and what decided it.
    alike : the screened dimensions whose samples all change alike.
    scores : of each swept dimension, how much it is worth a look.
    suggestions : the dimensions to look at first, by their scores.
    strongest : of each swept dimension, the attribute that responds most; None without labels.
    compared : of each swept dimension, the attribute by which it is compared with controls: what
        responds most of those whose probe was swept. That is what responds most of all, unless it
        responds no more than some attribute does to a random direction.
    responses : by dimension and attribute: what is called for above, and the targets.
    bars : of each swept dimension, the attributes that respond most; empty without labels.
    comparisons : by dimension and attribute (None without labels): the dimension beside random
        directions, the first principal component and the probe of the attribute.
    controls : of each control, the attribute that it is judged by, its probe's own or the
        strongest, and its response; None where no probe can tell it.
    attributes : every attribute that varies, weighed; empty without labels.
    targets : of each target attribute, its dimension and what speaks against it.
    """

    health: Health
    null: float
    dimensions: dict[int, Verdict]
    alike: tuple[int, ...]
    scores: dict[int, Score]
    suggestions: tuple[Suggestion, ...]
    strongest: dict[int, str | None]
    compared: dict[int, str | None]
    responses: dict[tuple[int, str], TargetResponse]
    bars: dict[int, tuple[AttributeBar, ...]]
    comparisons: dict[tuple[int, str | None], tuple[Compared, ...]]
    controls: dict[str, tuple[str, float] | None]
    attributes: dict[str, Weighed]
    targets: dict[str, TargetVerdict]
