"""Which images choose and which judge."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from featamp.io.celeba.names import SPLITS
from featamp.statistics.holdout import Holdout, hold_out, measure_held_out


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


def test_each_number_is_of_the_part_that_it_is_said_to_be_of(
    generator: np.random.Generator,
) -> None:
    codes = generator.standard_normal((400, 3)).astype(np.float32)
    signs = np.where(np.arange(400) < 100, 1, -1)  # the first dimension turns, the second fades in
    lean = np.stack([signs * codes[:, 0], codes[:, 1] * (signs < 0), codes[:, 2]], axis=1)
    labels = lean @ [[1.0, 0.0], [1.5, 0.0], [0.0, 1.0]] + generator.normal(0, 0.5, (400, 2)) > 0.3
    labels = np.column_stack([labels, np.arange(400) >= 250])  # no image that chooses has the last
    select, report = np.arange(100), np.arange(100, 400)
    found = measure_held_out(codes, labels, Holdout(select, report, split=False))
    for attribute in range(2):
        for dim in range(3):
            chosen, judged = (
                np.corrcoef(codes[part, dim], labels[part, attribute])[0, 1]
                for part in (select, report)
            )
            area = roc_auc_score(labels[report, attribute], codes[report, dim] * np.sign(chosen))
            told = (values[attribute, dim] for values in (found.r_chosen, found.r, found.auc))
            assert [*told] == pytest.approx([chosen, judged, area], abs=1e-5)
    assert found.dims[:2].tolist() == [0, 2]
    assert np.abs(found.r[0]).argmax() == 1 and found.r[0, 0] < 0 < found.r_chosen[0, 0]
    assert found.auc[0, 0] < 0.5
    assert found.positives.tolist() == labels[report].sum(axis=0).tolist()
    assert (found.chosen_on, found.count, found.test_split) == (100, 300, False)
    assert found.defined.all(axis=1).tolist() == [True, True, False]
