"""The images at the ends of a dimension, and the pairs for a label, are told by their codes."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.measure.ends import extreme_rows, label_pairs

VALUES = np.random.default_rng(0).permutation(80).astype(np.float32)
"""Codes whose values say their order."""


def test_the_most_extreme_come_first() -> None:
    lowest, highest = VALUES[extreme_rows(VALUES, 8)].tolist()
    assert lowest == list(range(8)) and highest == list(range(79, 71, -1))
    assert extreme_rows(VALUES[:3], 8).shape == (2, 3)


def test_a_pair_is_of_both_outer_quarters_and_shown_at_neither_end() -> None:
    pairs = VALUES[label_pairs(VALUES, 8, 8, 0)]
    low, high = np.sort(pairs, axis=1).T
    assert set(low) <= set(range(8, 20)) and set(high) <= set(range(60, 72))
    assert len(set(low)) == len(set(high)) == 8
    assert len({bool(upper > lower) for upper, lower in pairs}) == 2  # the higher is not told


@pytest.mark.parametrize(("images", "pairs"), [(64, 8), (63, 0)])
def test_without_enough_images_in_a_quarter_there_are_no_pairs(images: int, pairs: int) -> None:
    assert label_pairs(VALUES[:images], 8, 8, 0).shape == (pairs, 2)
