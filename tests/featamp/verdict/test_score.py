"""The score of a dimension and the suggestion, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from featamp.verdict.rule import Decision
from featamp.verdict.score import (
    PARTS,
    Score,
    combine,
    score_dimension,
    suggest,
)
from tests.sample_findings import sample_change, sample_quality


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


NAMED, CHANGE = Decision("nameable", "Smiling", 1, 0.8), sample_change()


def test_what_a_sweep_leaves_of_the_real_codes_lowers_its_score() -> None:
    outside = np.array([1.0, 0.6, 0.2, 0.2, 0.4, 0.6])  # 0.2 is outside from the start
    weights = dict.fromkeys(PARTS, 0.0) | {"inside": 1.0}
    scored = score_dimension(3, sample_quality(), outside, NAMED, CHANGE, True, weights)
    assert scored.parts["inside"] == scored.score == pytest.approx(1 - (0.5 - 0.2))


@pytest.mark.parametrize(
    ("decision", "named", "worth"),
    [
        (NAMED, True, True),
        (Decision("visible"), True, False),  # what has no name where names could be given
        (Decision("visible"), False, True),
        (Decision("light", reason="all"), False, False),
        (Decision("pose", reason="turn"), True, False),
    ],
)
def test_only_what_can_have_a_name_is_worth_a_look(
    decision: Decision, named: bool, worth: bool
) -> None:
    weights = dict.fromkeys(PARTS, 1.0)
    scored = score_dimension(3, sample_quality(), np.zeros(6), decision, CHANGE, named, weights)
    assert (scored.score > 0) is worth
    assert scored.parts["specific"] == (decision.share if named else None)


def test_samples_that_move_alike_are_consistent() -> None:
    weights = dict.fromkeys(PARTS, 1.0)
    moves = replace(CHANGE, consistency=0.1, shared=0.9)
    quality = replace(sample_quality(), consistency=0.1)
    for change, part in ((moves, 0.9), (CHANGE, 0.1)):
        scored = score_dimension(3, quality, np.zeros(6), NAMED, change, True, weights)
        assert scored.parts["consistent"] == part


def test_a_change_of_three_tenths_is_visible_enough() -> None:
    weights = dict.fromkeys(PARTS, 1.0)
    scored = (
        score_dimension(
            3, sample_quality(), np.zeros(6), NAMED, replace(CHANGE, amount=amount), True, weights
        )
        for amount in (0.15, 0.3, 0.6)
    )
    assert [s.parts["visible"] for s in scored] == pytest.approx([0.5, 1.0, 1.0])
