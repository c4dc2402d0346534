"""Areas under ROC curves: their errors cover, and pairs are compared as pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from featamp.statistics.auc import compare_areas


def test_an_area_is_scikit_learns_also_with_ties(generator: np.random.Generator) -> None:
    labels = generator.random(300) < 0.3
    scores = np.round(generator.normal(labels.astype(float), 1.0, (2, 300)), 1)
    areas = compare_areas(scores, labels)
    for area, score in zip(areas.area, scores, strict=True):
        assert area == pytest.approx(roc_auc_score(labels, score))


def test_intervals_hold_the_truth_as_often_as_they_say(generator: np.random.Generator) -> None:
    truth, held, held_difference = norm.cdf(1.5 / np.sqrt(2)), 0, 0
    labels = np.arange(120) < 40
    for _ in range(400):
        shared = generator.normal(1.5 * labels, 1.0)
        noise = 0.5 * generator.standard_normal((2, 120))
        areas = compare_areas(np.stack([shared, shared + noise[0]]), labels)
        low, high = areas.interval(0)
        held += low <= truth <= high
        worse = norm.cdf(1.5 / np.sqrt(2 * 1.25)) - truth
        _, low, high = areas.difference(0, 1)
        held_difference += low <= worse <= high
    assert 0.92 <= held / 400 <= 0.98
    assert 0.92 <= held_difference / 400 <= 0.98


def test_a_perfect_score_stays_in_bounds() -> None:
    areas = compare_areas(np.arange(10.0)[None], np.arange(10) > 4)
    assert areas.interval(0) == (1.0, 1.0)


def test_intervals_of_people_hold_the_truth_as_often_as_they_say(
    generator: np.random.Generator,
) -> None:
    people = np.repeat(np.arange(60), 10)
    labels = people < 24
    truth, held, held_difference = norm.cdf(1.5 / np.sqrt(2)), 0, 0
    for _ in range(300):
        own = np.sqrt(0.6) * generator.standard_normal((2, 60))[:, people]
        scores = 1.5 * labels + own + np.sqrt(0.4) * generator.standard_normal((2, 600))
        areas = compare_areas(scores, labels, people)
        low, high = areas.interval(0)
        held += low <= truth <= high
        _, low, high = areas.difference(0, 1)
        held_difference += low <= 0 <= high
    assert 0.91 <= held / 300 <= 0.98
    assert 0.91 <= held_difference / 300 <= 0.98


def test_people_of_one_image_each_are_images(generator: np.random.Generator) -> None:
    labels, scores = np.arange(50) < 20, generator.standard_normal((2, 50))
    by_hand = compare_areas(scores, labels).covariance
    people = generator.permutation(50)
    np.testing.assert_allclose(compare_areas(scores, labels, people).covariance, by_hand)
