"""What speaks against the dimension of a target: another that is as strong, another attribute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from featamp.statistics.correlation import Correlations, point_biserial
from featamp.verdict.target import judge_target


@pytest.fixture
def measured() -> Correlations:
    """One attribute that goes with dimension 0, one that goes against it."""
    codes = np.zeros((40, 3), np.float32)
    codes[:20, 0], codes[:10, 1], codes[::2, 2] = 1, 1, 1
    labels = np.stack([np.arange(40) < 18, np.arange(40) >= 21], axis=1)
    return point_biserial(codes, labels, ("Smiling", "Male"))


def intervals(c: Correlations, r: list[float], margin: float) -> Correlations:
    """The same with these r of the first attribute."""
    made = c.r.copy()
    made[0] = r
    return replace(c, r=made, ci_low=made - margin, ci_high=made + margin)


@pytest.mark.parametrize(
    ("r", "margin", "tied"),
    [
        ([0.9, 0.5, 0.1], 0.1, False),
        ([0.9, 0.8, 0.1], 0.1, True),
        ([-0.9, 0.8, 0.1], 0.1, True),  # by size, sign aside
        ([-0.9, 0.5, 0.1], 0.1, False),
    ],
)
def test_dimensions_tie_where_their_intervals_overlap(
    measured: Correlations, r: list[float], margin: float, tied: bool
) -> None:
    told = judge_target(intervals(measured, r, margin), "Smiling", 0)
    assert (told.dim, told.runner_up, told.tied) == (0, 1, tied)


def test_the_attribute_that_goes_more_with_the_dimension_is_its_rival(
    measured: Correlations,
) -> None:
    assert judge_target(measured, "Smiling", 0).rival == "Male"
    assert judge_target(measured, "Male", 0).rival is None


def test_a_target_that_left_its_best_dimension_to_another_has_it_as_runner_up(
    measured: Correlations,
) -> None:
    told = judge_target(intervals(measured, [0.9, 0.5, 0.1], 0.1), "Smiling", 1)
    assert (told.runner_up, told.stronger, told.tied) == (0, True, False)
    near = judge_target(intervals(measured, [0.9, 0.8, 0.1], 0.1), "Smiling", 1)
    assert (near.stronger, near.tied) == (True, True)
    assert not judge_target(measured, "Smiling", 0).stronger


def test_a_constant_attribute_has_no_rival(measured: Correlations) -> None:
    none = replace(measured, defined=np.zeros_like(measured.defined))
    assert judge_target(none, "Smiling", 0).rival is None
