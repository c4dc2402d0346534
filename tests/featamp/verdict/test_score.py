"""The score of a dimension and the suggestion, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from featamp.measure.response import AttributeResponse
from featamp.verdict.score import (
    PARTS,
    Score,
    combine,
    score_dimension,
    specificity,
    standing_out,
    suggest,
)
from tests.sample_findings import sample_quality

ABLE = np.ones(3, np.bool_)


def score(dim: int, value: float, attribute: str = "Smiling", region: str = "mouth") -> Score:
    return Score(dim, dict.fromkeys(PARTS), value, attribute, region)


def test_suggestions_differ_in_attribute_or_region_and_say_where_they_do_not() -> None:
    scores = [
        score(0, 0.5),
        score(1, 0.9),
        score(2, 0.8, region="eyes"),
        score(3, 0.7),
        score(5, 0.1, "Male"),
    ]
    chosen = [(s.score.dim, s.differs) for s in suggest([*scores, score(4, 0.0, "Young")], 6)]
    # another attribute first, then another region, then what repeats both; the one of score 0
    # never
    assert chosen == [(1, True), (5, True), (2, True), (3, False), (0, False)]
    assert [s.score.dim for s in suggest(scores, 1)] == [1]
    assert [s.score.dim for s in suggest([score(5, 0.3), score(2, 0.3, "Male")], 2)] == [2, 5]


def test_an_attribute_is_specific_above_the_others_and_above_random_directions() -> None:
    response = AttributeResponse(np.array([-0.5, 2.0, 0.1]), np.full(3, 0.1), ABLE)
    assert (
        specificity(response, ABLE, 0.0) == specificity(response, ABLE, 1.0) == pytest.approx(0.85)
    )
    assert specificity(response, ABLE, 2.0) == pytest.approx(0.425)
    assert standing_out(response, ABLE, 1.9) == 1 and standing_out(response, ABLE, 2.1) is None
    unclear = replace(response, error=np.full(3, 1.1))
    assert specificity(unclear, ABLE, 0.0) == 0 and standing_out(unclear, ABLE, 0.0) is None
    assert (
        specificity(replace(response, error=None), ABLE, 0.0) is None
    )  # a single sample cannot tell


def test_what_may_not_name_a_dimension_is_passed_over() -> None:
    response = AttributeResponse(np.array([-0.5, 2.0, 0.1]), np.full(3, 0.1), ABLE)
    assert standing_out(response, np.array([True, False, True]), 0.0) == 0
    assert standing_out(response, ~ABLE, 0.0) is None


def test_a_score_is_the_weighted_geometric_mean_of_its_known_parts() -> None:
    weights: dict[str, float] = dict.fromkeys(PARTS, 1.0) | {"visible": 2.0, "inside": 0.0}
    parts = dict.fromkeys(PARTS, 1.0) | {
        "visible": 0.5,
        "monotone": 0.25,
        "specific": None,
        "inside": 0.0,
    }
    assert combine(parts, weights) == pytest.approx(stats.gmean([0.5, 0.5, 0.25, 1, 1]))
    assert combine(parts | {"consistent": 0.0}, weights) == 0


def test_what_a_sweep_leaves_of_the_real_codes_lowers_its_score() -> None:
    outside = np.array([1.0, 0.6, 0.2, 0.2, 0.4, 0.6])
    weights = dict.fromkeys(PARTS, 0.0) | {"inside": 1.0}
    scored = score_dimension(3, sample_quality(), outside, None, 0.0, (), ABLE[:0], weights)
    assert (
        scored.parts["inside"] == scored.score == pytest.approx(1 - (0.5 - 0.2))
    )  # 0.2 is outside from the start
