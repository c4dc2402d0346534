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


def test_halves_share_no_person(generator: np.random.Generator) -> None:
    people = generator.integers(0, 100, 1000)
    holdout = hold_out(1000, None, 0, people)
    assert not set(people[holdout.select]) & set(people[holdout.report])
    assert 400 < len(holdout.select) <= 500
    assert len(holdout.select) + len(holdout.report) == 1000
    many = np.r_[np.zeros(900, np.int64), np.arange(100)]  # one person has nearly all images
    assert min(len(p) for p in (hold_out(1000, None, 3, many).select, [1])) >= 1
    alone = hold_out(1000, None, 0, np.zeros(1000, np.int64))
    np.testing.assert_array_equal(alone.select, hold_out(1000, None, 0).select)


def test_some_of_the_images_keep_their_parts() -> None:
    partition = np.zeros(1000, np.int8)
    partition[:210] = SPLITS["test"]
    holdout, rows = hold_out(1000, partition, 0), np.arange(0, 1000, 3)
    few = holdout.among(rows)
    assert few.split and len(few.report) == 70  # fewer than a test split of its own would need
    np.testing.assert_array_equal(partition[rows[few.report]], SPLITS["test"])
    assert not partition[rows[few.select]].any()
