"""Intervals of a correlation where groups differ in spread, or people have several images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from featamp.io.files.numbers import Numbers
from featamp.statistics.correlation import correlate_labels, fisher_interval
from featamp.statistics.interval import residual_interval, robust_intervals


def test_the_error_is_that_of_the_influence_of_each_image(
    generator: np.random.Generator, in_blocks: Callable[[int], None]
) -> None:
    in_blocks(700)
    codes = (generator.standard_normal((5000, 2)) * [3, 0.2] + [9, -1]).astype(np.float32)
    labels = codes[:, :1] + generator.standard_normal((5000, 1)) > 10
    rows = np.flatnonzero(generator.random(5000) < 0.8)
    r, _ = correlate_labels(codes, labels, rows)
    told = robust_intervals(codes, labels, rows, r)
    for dim in range(2):
        x, y = (stats.zscore(v[rows].astype(float)) for v in (codes[:, dim], labels[:, 0]))
        psi = x * y - r[0, dim] * (x**2 + y**2) / 2
        error = psi.std() / np.sqrt(len(rows)) / (1 - r[0, dim] ** 2)
        ends = np.tanh(np.arctanh(r[0, dim]) + np.array([-1, 1]) * 1.96 * error)
        assert (told.low[0, dim], told.high[0, dim]) == pytest.approx(ends, abs=1e-4)
        assert told.p[0, dim] == pytest.approx(
            2 * stats.norm.sf(abs(np.arctanh(r[0, dim])) / error), abs=1e-3
        )


def test_people_of_one_image_each_are_images(
    generator: np.random.Generator, in_blocks: Callable[[int], None]
) -> None:
    codes = generator.standard_normal((900, 3)).astype(np.float32)
    labels = codes[:, :2] + generator.standard_normal((900, 2)) > [0, 0.8]
    rows = np.arange(900)
    r, _ = correlate_labels(codes, labels, rows)
    images = robust_intervals(codes, labels, rows, r)
    in_blocks(64)
    people = robust_intervals(codes, labels, rows, r, generator.permutation(900))
    np.testing.assert_allclose(people.low, images.low, atol=2e-3)
    np.testing.assert_allclose(people.high, images.high, atol=2e-3)


@pytest.mark.parametrize("images", [2, 20])
def test_intervals_hold_the_truth_where_images_of_one_person_repeat(
    images: int, generator: np.random.Generator
) -> None:
    people = np.repeat(np.arange(400), images)
    rows = np.arange(len(people))
    held, naive = [], []
    for _ in range(15):
        labels = (generator.random((400, 3)) < 0.3)[people]  # the same in all images of a person
        shared = generator.standard_normal((400, 10))[people]
        codes = (shared + generator.standard_normal(shared.shape)).astype(np.float32)
        r, _ = correlate_labels(codes, labels, rows)
        told = robust_intervals(codes, labels, rows, r, people)
        held.append(np.mean((told.low <= 0) & (told.high >= 0)))
        low, high = fisher_interval(r, len(rows))
        naive.append(np.mean((low <= 0) & (high >= 0)))
    assert np.mean(held) == pytest.approx(0.95, abs=0.035)
    assert np.mean(naive) < (0.6 if images == 20 else 0.92)


def test_people_are_the_units_of_a_partial_correlation_too(generator: np.random.Generator) -> None:
    people = np.repeat(np.arange(300), 20)
    held = []
    for _ in range(60):
        shared = generator.standard_normal((300, 3))[people]
        x = shared[:, 0] + generator.standard_normal(6000)
        y = (shared[:, 1] > 0).astype(float)
        r, low, high = residual_interval(x, y, shared[:, 2:] > 0, people)
        held.append(low <= 0 <= high)
        assert low < r < high
    assert np.mean(held) > 0.85
    assert residual_interval(y, y, y[:, None] > 0, people) == (0.0, -1.0, 1.0)  # nothing is left


def test_a_label_that_few_people_have_is_known_no_better_than_they_are_many(
    generator: np.random.Generator,
) -> None:
    people, held = np.repeat(np.arange(40), 20), []
    for _ in range(200):
        own, each = generator.standard_normal(40), generator.standard_normal(800)
        y = ((people < 3) & (generator.random(800) < 0.7)).astype(float)
        given = generator.random((800, 1)) < 0.5
        _, low, high = residual_interval(own[people] + each, y, given, people)
        held.append(low <= 0 <= high)
    assert np.mean(held) > 0.95  # .82 to .86 with the freedom of all 40


def ends_of(r: float, psi: NDArray[np.float64], factor: float, freedom: int) -> list[float]:
    """By hand, from what each unit adds to the error: as many images as a sum over units divides
    by stand in `factor`."""
    error = np.sqrt(factor * np.square(psi).sum()) / (1 - r**2)
    reach = stats.t.ppf(0.975, freedom) * error
    return np.tanh(np.arctanh(r) + np.array([-reach, reach])).tolist()  # type: ignore[no-any-return]


def test_few_people_are_counted_less_one(generator: np.random.Generator) -> None:
    people, labels = np.repeat(np.arange(5), 3), np.repeat([True, False, True, False, True], 3)
    codes = (labels[:, None] + generator.standard_normal((15, 1))).astype(np.float32)
    rows = np.arange(15)
    r, _ = correlate_labels(codes, labels[:, None], rows)
    told = robust_intervals(codes, labels[:, None], rows, r, people)
    x, y = stats.zscore(codes[:, 0].astype(float)), stats.zscore(labels.astype(float))
    sums = np.bincount(people, x * y - r[0, 0] * (x**2 + y**2) / 2).astype(np.float64)
    expected = ends_of(float(r[0, 0]), sums, 5 / 4 / 15**2, freedom=1)  # two people lack it
    assert (told.low[0, 0], told.high[0, 0]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("alone", [False, True], ids=["of all images", "that have the label"])
def test_of_a_single_person_nothing_is_known(alone: bool, generator: np.random.Generator) -> None:
    labels = np.arange(30)[:, None] % 3 == 0
    people = labels[:, 0].astype(np.int64) if alone else np.zeros(30, np.int64)
    x, given = generator.standard_normal(30), generator.standard_normal((30, 1))
    assert residual_interval(x, labels[:, 0].astype(float), given, people)[1:] == (-1, 1)
    codes, rows = x[:, None].astype(np.float32), np.arange(30)
    r, _ = correlate_labels(codes, labels, rows)
    told = [robust_intervals(codes, labels, rows, r, people)]
    if not alone:
        number = Numbers((0,), given, (0.0,))
        told.append(robust_intervals(codes, labels, rows, r, people, number))
    for intervals in told:
        ends = [intervals.low[0, 0], intervals.high[0, 0], intervals.p[0, 0]]
        assert ends == [-1, 1, 1]


def test_what_is_held_fixed_is_counted_off(generator: np.random.Generator) -> None:
    given = generator.standard_normal((14, 3))
    x = given.sum(axis=1) + generator.standard_normal(14)
    y = x + 2 * generator.standard_normal(14)
    r, *ends = residual_interval(x, y, given)
    design = np.column_stack([np.ones(14), given])
    left = [v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y)]
    first, second = (rest / rest.std() for rest in left)
    assert r == pytest.approx(np.mean(first * second))
    psi = first * second - r * (first**2 + second**2) / 2
    assert ends == pytest.approx(ends_of(r, psi, 1 / 14 / 9, freedom=9))  # 14 - 1 - 3 - 1


def test_a_group_of_one_and_a_perfect_correlation_have_their_intervals() -> None:
    labels = np.zeros((50, 2), bool)
    labels[0, 0] = labels[:25, 1] = True
    codes = labels[:, 1:].astype(np.float32)
    r, _ = correlate_labels(codes, labels, np.arange(50))
    told = robust_intervals(codes, labels, np.arange(50), r)
    assert (told.low[0, 0], told.high[0, 0], told.p[0, 0]) == (-1, 1, 1)
    assert (told.low[1, 0], told.high[1, 0], told.p[1, 0]) == pytest.approx((1, 1, 0))
