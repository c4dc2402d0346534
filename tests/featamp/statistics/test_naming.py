"""Naming blind is judged by Fisher's exact test, and not at all by too few answers."""

from __future__ import annotations

import itertools
from math import comb

import pytest
from scipy.stats import fisher_exact

from featamp.statistics.naming import (
    LEVEL,
    guess_p_values,
    least_named,
    naming_p_value,
    naming_verdict,
)


def test_the_p_value_is_that_of_fishers_exact_test() -> None:
    for shown, decoys in itertools.product(range(7), range(5)):
        for named, decoys_named in itertools.product(range(shown + 1), range(decoys + 1)):
            table = [[named, shown - named], [decoys_named, decoys - decoys_named]]
            expected = fisher_exact(table, alternative="greater").pvalue
            p = naming_p_value(named, shown, decoys_named, decoys)
            assert p == pytest.approx(expected)


def test_a_p_value_counted_by_hand() -> None:
    assert naming_p_value(2, 2, 0, 1) == pytest.approx(1 / comb(3, 2))
    assert naming_p_value(5, 5, 0, 3) == pytest.approx(1 / comb(8, 5))


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ((2, 2, 0, 1), "few"),  # p = 1/3, and no outcome has a smaller one
        ((4, 5, 0, 0), "few"),
        ((0, 0, 0, 5), "few"),
        ((5, 5, 0, 3), "more"),  # p = 1/56
        ((5, 5, 1, 3), "chance"),
        ((20, 20, 5, 5), "chance"),
        ((12, 20, 0, 5), "more"),  # p = 0.024
        ((10, 20, 0, 5), "chance"),  # p = 0.057
    ],
)
def test_what_a_result_means(counts: tuple[int, int, int, int], verdict: str) -> None:
    assert naming_verdict(*counts) == verdict


def test_the_least_that_is_told_is_where_the_verdict_turns() -> None:
    least = least_named(20, 5, 1)
    assert least is not None
    assert naming_verdict(least, 20, 1, 5) == "more"
    assert naming_verdict(least - 1, 20, 1, 5) == "chance"
    before, at = (naming_p_value(named, 20, 1, 5) for named in (least - 1, least))
    assert at < LEVEL <= before
    assert least_named(20, 5, 5) is None


def test_more_names_never_have_a_larger_p_value() -> None:
    for decoys in range(9):
        p = [naming_p_value(named, 60, decoys, 8) for named in range(61)]
        assert p == sorted(p, reverse=True)


def test_a_p_value_at_the_level_is_counted_without_rounding() -> None:
    assert naming_p_value(95, 99, 0, 1) == LEVEL == naming_p_value(95, 95, 4, 5)
    assert least_named(99, 1, 0) == 96  # of 100 with a decoy, the chance to leave it out is 4 %
    assert least_named(95, 5, 4) is None


def test_guesses_count_whichever_way_they_agree() -> None:
    assert guess_p_values(3) == [1.0, 1.0, 1.0, 0.25]
    assert guess_p_values(5)[5] == pytest.approx(2 / 2**5)
    assert guess_p_values(0) == [1.0]
