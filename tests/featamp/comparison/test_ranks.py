"""Orders of models, and those that none is better than."""

from __future__ import annotations

import pytest

from featamp.comparison.ranks import Kept, rank_correlation, undominated


def test_five_models_in_one_order_are_one_of_sixty() -> None:
    order = rank_correlation([1, 2, 3, 4, 5], [5.0, 4.0, 3.0, 2.0, 1.0])
    assert (order.tau, order.p) == pytest.approx((-1, 2 / 120)) and order.clear


def test_an_order_that_half_of_all_random_ones_have_is_none() -> None:
    assert not rank_correlation([1, 2, 3, 4, 5], [2, 1, 5, 3, 4]).clear


def test_what_another_model_is_better_than_by_both_need_not_be_kept() -> None:
    errors = {"sharp": 0.1, "worse": 0.2, "named": 0.3, "dull": 0.4}
    names = {"sharp": 2.0, "worse": 1.0, "named": 5.0, "dull": 5.0}
    assert undominated(errors, names) == [Kept("sharp", ("worse",)), Kept("named", ("dull",))]


def test_models_that_are_equal_in_both_are_all_kept() -> None:
    kept = undominated({"a": 0.1, "b": 0.1, "c": 0.2}, dict.fromkeys("abc", 0.0))
    assert kept == [Kept("a", ("c",)), Kept("b", ())]
