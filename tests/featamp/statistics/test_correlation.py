"""Method 2 against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score

from featamp.statistics.correlation import (
    RANKED,
    Correlations,
    area_under_curve,
    point_biserial,
)

NAMES = ("Smiling", "Male", "Young")


@pytest.fixture
def data() -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Dimension 0 follows Smiling closely, dimension 1 opposes Male, the rest is noise far from
    0."""
    generator = np.random.default_rng(0)
    labels = generator.random((200, 3)) < [0.5, 0.4, 0.8]
    mu = generator.normal(7.0, 20.0, (200, 6))
    mu[:, 0] += 60 * labels[:, 0]
    mu[:, 1] -= 15 * labels[:, 1]
    return mu.astype(np.float32), labels


def has_no_nan(result: Correlations) -> bool:
    arrays = [value for value in astuple(result) if isinstance(value, np.ndarray)]
    return all(np.isfinite(array).all() for array in arrays)


def test_r_is_scipys_and_p_and_interval_near_where_scipys_hold(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    mu, labels = data  # normal codes of equal spread
    ours = point_biserial(mu, labels, NAMES)
    for a in range(3):
        for d in range(6):
            r, p = stats.pointbiserialr(labels[:, a], mu[:, d].astype(np.float64))
            interval = stats.pearsonr(
                labels[:, a].astype(float), mu[:, d].astype(np.float64)
            ).confidence_interval()
            assert ours.r[a, d] == pytest.approx(r, rel=1e-10)
            assert ours.p[a, d] == pytest.approx(p, rel=0.2, abs=0.03)
            assert (ours.ci_low[a, d], ours.ci_high[a, d]) == pytest.approx(
                tuple(interval), abs=0.04
            )
    assert ours.r[0, 0] > 0.7
    assert ours.r[1, 1] < -0.2
    assert ours.count == 200
    np.testing.assert_array_equal(ours.positives, labels.sum(axis=0))


def test_auc_and_d_are_those_of_the_two_groups(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    mu, labels = data
    mu[::7] = mu[0]  # ties, which count half
    ours = point_biserial(mu, labels, NAMES)
    for a in range(3):
        for d in range(6):
            having, lacking = (
                mu[labels[:, a] == side, d].astype(np.float64) for side in (True, False)
            )
            squares = having.var(ddof=0) * len(having) + lacking.var(ddof=0) * len(lacking)
            pooled = np.sqrt(squares / (len(mu) - 2))
            assert ours.d[a, d] == pytest.approx(
                (having.mean() - lacking.mean()) / pooled, rel=1e-6
            )
            assert ours.auc[a, d] == pytest.approx(
                roc_auc_score(labels[:, a], mu[:, d]), abs=1e-12
            )


def test_areas_of_more_dimensions_than_are_ranked_at_a_time() -> None:
    generator = np.random.default_rng(0)
    mu, labels = (
        generator.standard_normal((60, RANKED + 5)).astype(np.float32),
        generator.random((60, 2)) < 0.4,
    )
    expected = [[roc_auc_score(label, values) for values in mu.T] for label in labels.T]
    np.testing.assert_allclose(area_under_curve(mu, labels), expected, rtol=1e-12)


def test_auc_and_d_of_a_constant_attribute_say_nothing(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    mu, labels = data
    labels[:, 1] = True
    ours = point_biserial(mu, labels, NAMES)
    assert set(ours.auc[1]) == {0.5} and set(ours.d[1]) == {0.0}


def test_q_is_benjamini_hochberg_over_all_pairs(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    ours = point_biserial(*data, NAMES)
    np.testing.assert_allclose(ours.q.ravel(), stats.false_discovery_control(ours.p.ravel()))


@pytest.mark.parametrize("block", [1, 13, 200])
def test_block_size_changes_nothing(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
    block: int,
    in_blocks: Callable[[int], None],
) -> None:
    whole = point_biserial(*data, NAMES)
    in_blocks(block)
    np.testing.assert_allclose(point_biserial(*data, NAMES).ci_low, whole.ci_low, rtol=1e-10)


def test_the_strongest_come_first_whatever_their_sign(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    ours = point_biserial(*data, NAMES)
    assert ours.best_dimensions("Smiling", 1) == [0]
    assert ours.best_dimensions("Male", 1) == [1]
    assert ours.best_attributes(1, 3)[0] == 1
    strength = np.abs(ours.r[2, ours.best_dimensions("Young", 6)])
    assert (np.diff(strength) <= 0).all()


def test_constant_attribute_and_dimension_are_undefined_and_no_nan(
    data: tuple[NDArray[np.float32], NDArray[np.bool_]],
) -> None:
    mu, labels = data[0].copy(), data[1].copy()
    mu[:, 2] = 0.1
    labels[:, 1], labels[:, 2] = False, True
    ours = point_biserial(mu, labels, NAMES)
    assert ours.constant == ("Male", "Young")
    expected = np.zeros((3, 6), bool)
    expected[0] = [True, True, False, True, True, True]
    np.testing.assert_array_equal(ours.defined, expected)
    assert has_no_nan(ours)
    for array, value in (
        (ours.r, 0),
        (ours.p, 1),
        (ours.q, 1),
        (ours.ci_low, -1),
        (ours.ci_high, 1),
    ):
        np.testing.assert_array_equal(array[~expected], value)
    np.testing.assert_allclose(ours.q[expected], stats.false_discovery_control(ours.p[expected]))


@pytest.mark.parametrize("count", [2, 3, 4])
def test_very_few_images_claim_nothing(count: int) -> None:
    mu = np.array([[1.0], [2.0], [4.0], [3.0]], np.float32)[:count]
    labels = np.array([[False], [True], [True], [False]])[:count]
    ours = point_biserial(mu, labels, ("Smiling",))
    assert has_no_nan(ours)
    if count < 4:
        assert (ours.ci_low[0, 0], ours.ci_high[0, 0], ours.p[0, 0]) == (-1.0, 1.0, 1.0)
    else:
        assert ours.ci_low[0, 0] < -0.5 and ours.p[0, 0] > 0.05


def test_a_perfect_correlation_is_one_with_p_zero() -> None:
    labels = np.arange(40)[:, None] % 2 == 0
    ours = point_biserial(labels.astype(np.float32) * 3, labels, ("Smiling",))
    assert has_no_nan(ours)
    assert ours.r[0, 0] == pytest.approx(1.0)
    assert ours.p[0, 0] < 1e-30
