"""Which images choose and which judge."""

from __future__ import annotations

import numpy as np
import pytest

from featamp.io.celeba import SPLITS
from featamp.statistics.holdout import hold_out


@pytest.mark.parametrize("test_images", [250, 200, 199, 0])
def test_images_are_held_out_by_celebas_test_split_or_by_halves(test_images: int) -> None:
    partition = np.zeros(1000, np.int8)
    partition[:test_images] = SPLITS["test"]
    holdout = hold_out(1000, partition, 0)
    assert holdout.split == (test_images >= 200)
    np.testing.assert_array_equal(
        np.sort(np.concatenate([holdout.select, holdout.report])), np.arange(1000)
    )
    assert len(holdout.report) == (test_images if holdout.split else 500)
    assert len(holdout.folds) == (1 if holdout.split else 2)


def test_halves_are_drawn_by_the_seed() -> None:
    first, again, other = (hold_out(1000, None, seed).select for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    for half in (
        other,
        np.arange(500),
        np.arange(500, 1000),
    ):  # by chance two halves share every second image
        assert len(np.intersect1d(first, half)) == pytest.approx(250, abs=50)
